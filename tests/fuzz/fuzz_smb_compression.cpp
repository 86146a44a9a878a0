// What decodes SMB compression. The first byte chooses the decoder, the next two are the size that the message
// declares.
#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/compression/compressed_message.h"
#include "daemon/protocols/smb/compression/lz4_block.h"
#include "daemon/protocols/smb/compression/lz77_huffman.h"
#include "daemon/protocols/smb/compression/lznt1.h"
#include "daemon/protocols/smb/compression/plain_lz77.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  static constexpr auto kDecoders = {smb::decode_lznt1, smb::decode_plain_lz77, smb::decode_lz77_huffman,
                                     smb::decode_lz4_block};
  ByteReader input(as_byte_span(data, size));
  const std::size_t which = input.u8() % (kDecoders.size() + 1);
  const std::size_t declared = input.u16le() * std::size_t{4};
  if (which == kDecoders.size()) {
    const auto plain = smb::decompress_message(input.rest(), declared);
    if (plain && plain->bytes().size() > declared) __builtin_trap();
  } else {
    ByteBuffer room(declared);
    kDecoders.begin()[which](input.rest(), room);
  }
  return 0;
}
