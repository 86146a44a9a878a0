// LZNT1 (MS-XCA 2.5).
#pragma once

#include "daemon/protocols/smb/compression/decoded.h"

namespace sallyport::smb {

/// Pure. Costs time in proportion to `input` and `output` together. A chunk of fewer than 4096 bytes with another one
/// behind it is filled up with zeros, as Windows does; as the specification knows nothing of that, the answer is then
/// kSurplus.
Decoded decode_lznt1(Bytes input, std::span<std::byte> output);

}  // namespace sallyport::smb
