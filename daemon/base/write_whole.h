// All of some bytes to a descriptor.
#pragma once

#include "daemon/base/bytes.h"

namespace sallyport {

/// Goes on where the kernel takes only a part or a signal interrupts. False: errno says why, and a part may be written.
/// Blocks as the descriptor does; any thread.
bool write_whole(int fd, Bytes bytes);

}  // namespace sallyport
