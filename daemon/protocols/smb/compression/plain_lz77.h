// Plain LZ77, also called Xpress (MS-XCA 2.3, 2.4).
#pragma once

#include "daemon/protocols/smb/compression/decoded.h"

namespace sallyport::smb {

/// Pure. Costs time in proportion to `input` and `output` together.
Decoded decode_plain_lz77(Bytes input, std::span<std::byte> output);

}  // namespace sallyport::smb
