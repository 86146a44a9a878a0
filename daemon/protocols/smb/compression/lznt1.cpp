#include "daemon/protocols/smb/compression/lznt1.h"

#include <algorithm>
#include <bit>

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr std::size_t kChunkBytes = 4096;
constexpr unsigned kCompressedBit = 0x8000, kSignatureMask = 0x7000, kSignature = 0x3000, kSizeMask = 0x0fff;
constexpr unsigned kDistanceBitsMin = 4, kWordBits = 16, kMatchBytesMin = 3;

/// The more of the chunk is there, the more bits of a word say how far back a match lies.
unsigned distance_bits(std::size_t written) {
  return std::max<unsigned>(kDistanceBitsMin, static_cast<unsigned>(std::bit_width(written - 1)));
}

/// One chunk; matches never reach into another one.
class Chunk {
 public:
  Chunk(Bytes input, std::span<std::byte> output) : input_(input), output_(output) {}

  std::size_t written() const { return output_.written(); }
  bool surplus() const { return output_.was_cut() || input_.remaining() > 0; }

  /// False: broken.
  bool decode() {
    while (input_.remaining() > 0 && !output_.full()) {
      unsigned flags = input_.u8();
      for (unsigned i = 0; i < 8 && input_.remaining() > 0 && !output_.full(); ++i, flags >>= 1) {
        if ((flags & 1) == 0) {
          output_.put(static_cast<std::byte>(input_.u8()));
        } else if (!copy_match()) {
          return false;
        }
      }
    }
    return true;
  }

 private:
  bool copy_match() {
    const unsigned word = input_.u16le();
    if (!input_.ok() || output_.written() == 0) return false;
    const unsigned length_bits = kWordBits - distance_bits(output_.written());
    return output_.copy((word >> length_bits) + 1, (word & ((1U << length_bits) - 1)) + kMatchBytesMin);
  }

  ByteReader input_;
  OutputRoom output_;
};

class Lznt1 {
 public:
  Lznt1(Bytes input, std::span<std::byte> output) : input_(input), output_(output) {}

  Decoded run() {
    while (!output_.full()) {
      const unsigned header = input_.u16le();
      if (header == 0) return Decoded::kShort;  // the end, written or not
      if ((header & kSignatureMask) != kSignature) return Decoded::kBroken;
      const Bytes body = input_.take((header & kSizeMask) + 1U);
      if (!input_.ok()) return Decoded::kShort;
      fill_chunk_before();
      if (!decode(body, header & kCompressedBit)) return Decoded::kBroken;
    }
    return surplus_ || !at_end() ? Decoded::kSurplus : Decoded::kExact;
  }

 private:
  void fill_chunk_before() {
    const std::size_t missing = (kChunkBytes - output_.written() % kChunkBytes) % kChunkBytes;
    if (missing == 0) return;
    surplus_ = true;
    output_.fill(std::byte{0}, std::min(missing, output_.left()));
  }

  bool decode(Bytes body, bool is_compressed) {
    if (!is_compressed) {
      output_.put(body);
      surplus_ = surplus_ || output_.was_cut();
      return true;
    }
    Chunk chunk(body, output_.rest(kChunkBytes));
    const bool decoded = chunk.decode();
    output_.take(chunk.written());
    surplus_ = surplus_ || chunk.surplus();
    return decoded;
  }

  bool at_end() { return input_.remaining() == 0 || (input_.remaining() == 2 && input_.u16le() == 0); }

  ByteReader input_;
  OutputRoom output_;
  bool surplus_ = false;
};

}  // namespace

Decoded decode_lznt1(Bytes input, std::span<std::byte> output) {
  return Lznt1(input, output).run();
}

}  // namespace sallyport::smb
