#include "daemon/protocols/smb/compression/plain_lz77.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr unsigned kFlagBits = 32;
constexpr std::uint32_t kNoMoreItems = 0xffffffff;
constexpr unsigned kMatchBytesMin = 3;
// A length that does not fit into one field has all its bits set there and goes on in the next.
constexpr unsigned kTokenLengthMax = 7, kHalfByteMax = 15, kByteMax = 255;
constexpr unsigned kLongLengthMin = kTokenLengthMax + kHalfByteMax;

class PlainLz77 {
 public:
  PlainLz77(Bytes input, std::span<std::byte> output) : input_(input), output_(output) {}

  Decoded run() {
    while (!output_.full()) {
      if (flag_count_ == 0) read_flags();
      copy_literals();
      const bool is_match = input_.ok() && flag_count_ > 0 && !output_.full();
      if (is_match && !copy_match()) return input_.ok() ? Decoded::kBroken : Decoded::kShort;
      if (!input_.ok()) return Decoded::kShort;
    }
    return output_.was_cut() || !at_end() ? Decoded::kSurplus : Decoded::kExact;
  }

 private:
  void read_flags() {
    flags_ = input_.u32le();
    flag_count_ = kFlagBits;
  }

  void copy_literals() {
    const unsigned run = std::min<unsigned>(static_cast<unsigned>(std::countl_zero(flags_)), flag_count_);
    output_.put(input_.take(std::min<std::size_t>(run, output_.left())));
    drop_flags(run);
  }

  void drop_flags(unsigned count) {
    flags_ = count < kFlagBits ? flags_ << count : 0;
    flag_count_ -= count;
  }

  bool copy_match() {
    drop_flags(1);
    const unsigned token = input_.u16le();  // at the regular end of the input too: then it is too short
    const auto length = match_length(token % 8);
    return length && input_.ok() && output_.copy(token / 8 + 1, *length);
  }

  std::optional<std::uint64_t> match_length(std::uint64_t length) {
    if (length == kTokenLengthMax) {
      length = half_byte();
      if (length == kHalfByteMax) {
        length = input_.u8();
        if (length == kByteMax) {
          length = input_.u16le();
          if (length == 0) length = input_.u32le();
          if (length < kLongLengthMin) return std::nullopt;
          length -= kLongLengthMin;
        }
        length += kHalfByteMax;
      }
      length += kTokenLengthMax;
    }
    return length + kMatchBytesMin;
  }

  // Two lengths share a byte, however far apart they stand.
  unsigned half_byte() {
    if (high_half_) return std::exchange(high_half_, std::nullopt).value();
    const unsigned both = input_.u8();
    high_half_ = both >> 4;
    return both & 15;
  }

  // An encoder whose last item filled a word of flags has begun another one.
  bool at_end() {
    return input_.remaining() == 0 || (flag_count_ == 0 && input_.remaining() == 4 && input_.u32le() == kNoMoreItems);
  }

  ByteReader input_;
  OutputRoom output_;
  std::uint32_t flags_ = 0;  // the next one highest
  unsigned flag_count_ = 0;
  std::optional<unsigned> high_half_;
};

}  // namespace

Decoded decode_plain_lz77(Bytes input, std::span<std::byte> output) {
  return PlainLz77(input, output).run();
}

}  // namespace sallyport::smb
