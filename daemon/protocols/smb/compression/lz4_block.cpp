#include "daemon/protocols/smb/compression/lz4_block.h"

#include <lz4.h>

namespace sallyport::smb {

Decoded decode_lz4_block(Bytes input, std::span<std::byte> output) {
  if (input.size() > LZ4_MAX_INPUT_SIZE || output.size() > LZ4_MAX_INPUT_SIZE) return Decoded::kBroken;
  const int size = static_cast<int>(input.size());
  const int wanted = static_cast<int>(output.size());
  char* const to = reinterpret_cast<char*>(output.data());
  if (LZ4_decompress_safe(as_chars(input), to, size, wanted) == wanted) return Decoded::kExact;
  // The block may hold more than was declared: a receiver that stops there has what fits.
  if (LZ4_decompress_safe_partial(as_chars(input), to, size, wanted, wanted) == wanted) return Decoded::kSurplus;
  return Decoded::kBroken;
}

}  // namespace sallyport::smb
