// The last layer of the sandbox: a list of the system calls that serving needs. Any other one kills the process.
#pragma once

#include "daemon/base/result.h"

namespace sallyport {

/// For the calling thread and all it would start, for good. Descriptor arguments are held to `channel_fd` and stderr
/// where that is possible. The table, with a reason for each call, is in seccomp_filter.cpp.
Status install_seccomp_filter(int channel_fd);

}  // namespace sallyport
