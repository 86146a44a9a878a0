// LZ77+Huffman, also called Xpress Huffman (MS-XCA 2.1, 2.2).
#pragma once

#include "daemon/protocols/smb/compression/decoded.h"

namespace sallyport::smb {

/// Pure. Costs time in proportion to `input` and `output` together; 64 KiB of memory while it runs.
Decoded decode_lz77_huffman(Bytes input, std::span<std::byte> output);

}  // namespace sallyport::smb
