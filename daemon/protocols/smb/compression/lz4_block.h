// One LZ4 block without frame (MS-SMB2 2.2.3.1.3, LZ4 block format), by liblz4.
#pragma once

#include "daemon/protocols/smb/compression/decoded.h"

namespace sallyport::smb {

/// Pure. `input` and `output` below 2 GiB each, which a message always is. Never kShort: liblz4 does not tell.
Decoded decode_lz4_block(Bytes input, std::span<std::byte> output);

}  // namespace sallyport::smb
