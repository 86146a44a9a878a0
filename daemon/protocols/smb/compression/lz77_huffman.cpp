#include "daemon/protocols/smb/compression/lz77_huffman.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

constexpr unsigned kCodeBitsMax = 15;
constexpr unsigned kSymbols = 512;
constexpr unsigned kLiterals = 256;
constexpr unsigned kEndSymbol = 256;
constexpr std::size_t kLengthsBytes = kSymbols / 2;
/// Output after which the next table stands; a match may run past it.
constexpr std::size_t kBlockBytes = 65536;
constexpr unsigned kMatchBytesMin = 3;
constexpr unsigned kSymbolLengthMax = 15, kByteMax = 255;
/// What an encoder leaves behind the last symbol of a full block: the end symbol, which nobody has to read, and
/// padding.
constexpr std::size_t kTailBytesMax = 4;

/// Canonical codes, looked up by the next 15 bits.
class CodeTable {
 public:
  struct Code {
    unsigned symbol;
    unsigned bits;
  };

  /// False: the lengths do not make a complete code.
  bool build(Bytes lengths) {
    std::size_t filled = 0;
    for (unsigned bits = 1; bits <= kCodeBitsMax; ++bits) {
      const std::size_t span = std::size_t{1} << (kCodeBitsMax - bits);
      for (unsigned symbol = 0; symbol < kSymbols; ++symbol) {
        if (length_of(lengths, symbol) != bits) continue;
        if (filled + span > codes_.size()) return false;
        std::fill_n(codes_.begin() + static_cast<std::ptrdiff_t>(filled), span,
                    static_cast<std::uint16_t>(symbol << 4 | bits));
        filled += span;
      }
    }
    return filled == codes_.size();
  }

  Code find(std::uint32_t next_bits) const {
    const unsigned code = codes_[next_bits];
    return {code >> 4, code & 15};
  }

 private:
  static unsigned length_of(Bytes lengths, unsigned symbol) {
    return std::to_integer<unsigned>(lengths[symbol / 2]) >> (4 * (symbol % 2)) & 15;
  }

  std::vector<std::uint16_t> codes_ = std::vector<std::uint16_t>(std::size_t{1} << kCodeBitsMax);
};

/// Bits in words of 16, highest first; the register holds 16 to 32. Bytes that stand between the words are read by the
/// owner of `input`. Behind the end there are zeros, which are noticed once one is used.
class BitRegister {
 public:
  explicit BitRegister(ByteReader& input) : input_(input) {}

  void start() {
    made_up_ = 0;
    bits_ = std::uint32_t{word()} << 16;
    bits_ |= word();
    extra_ = 16;
  }
  std::uint32_t peek(unsigned count) const { return count == 0 ? 0 : bits_ >> (32 - count); }
  void drop(unsigned count) {
    bits_ <<= count;
    extra_ -= static_cast<int>(count);
    if (extra_ >= 0) return;
    bits_ |= std::uint32_t{word()} << -extra_;
    extra_ += 16;
  }
  bool used_up() const { return extra_ + 16 < made_up_; }

 private:
  std::uint16_t word() {
    if (input_.remaining() >= 2) return input_.u16le();
    made_up_ += 16;
    return 0;
  }

  ByteReader& input_;
  std::uint32_t bits_ = 0;
  int extra_ = 0;  // bits in the register above 16
  int made_up_ = 0;
};

class Lz77Huffman {
 public:
  Lz77Huffman(Bytes input, std::span<std::byte> output) : input_(input), output_(output) {}

  Decoded run() {
    std::optional<Decoded> result;
    while (!result) result = block();
    return *result;
  }

 private:
  std::optional<Decoded> block() {
    if (input_.remaining() < kLengthsBytes) {
      if (!output_.full()) return Decoded::kShort;
      return output_.was_cut() || input_.remaining() > kTailBytesMax ? Decoded::kSurplus : Decoded::kExact;
    }
    if (!table_.build(input_.take(kLengthsBytes))) return output_.full() ? Decoded::kSurplus : Decoded::kBroken;
    bits_.start();
    const std::size_t end = output_.written() + kBlockBytes;
    while (output_.written() < end) {
      const CodeTable::Code code = table_.find(bits_.peek(kCodeBitsMax));
      bits_.drop(code.bits);
      if (output_.full()) return is_end(code.symbol) && !output_.was_cut() ? Decoded::kExact : Decoded::kSurplus;
      if (bits_.used_up()) return Decoded::kShort;
      if (const auto failure = item(code.symbol)) return failure;
    }
    return std::nullopt;
  }

  /// The symbol also stands for a match, so only the size of the output tells which is meant.
  bool is_end(unsigned symbol) const { return symbol == kEndSymbol && input_.remaining() == 0; }

  std::optional<Decoded> item(unsigned symbol) {
    if (symbol < kLiterals) {
      output_.put(static_cast<std::byte>(symbol));
      return std::nullopt;
    }
    const auto length = match_length((symbol - kLiterals) % 16);
    if (!length) return Decoded::kBroken;
    const unsigned distance_bits = (symbol - kLiterals) / 16;
    const std::size_t distance = (std::size_t{1} << distance_bits) + bits_.peek(distance_bits);
    bits_.drop(distance_bits);
    if (!input_.ok() || bits_.used_up()) return Decoded::kShort;
    if (is_end(symbol) && *length > output_.left()) return Decoded::kShort;
    if (!output_.copy(distance, *length)) return Decoded::kBroken;
    return std::nullopt;
  }

  // Long lengths stand between the words of bits.
  std::optional<std::uint64_t> match_length(std::uint64_t length) {
    if (length == kSymbolLengthMax) {
      length = input_.u8();
      if (length == kByteMax) {
        length = input_.u16le();
        if (length == 0) length = input_.u32le();
        if (input_.ok() && length < kSymbolLengthMax) return std::nullopt;
        length -= std::min<std::uint64_t>(length, kSymbolLengthMax);
      }
      length += kSymbolLengthMax;
    }
    return length + kMatchBytesMin;
  }

  ByteReader input_;
  OutputRoom output_;
  CodeTable table_;
  BitRegister bits_{input_};
};

}  // namespace

Decoded decode_lz77_huffman(Bytes input, std::span<std::byte> output) {
  return Lz77Huffman(input, output).run();
}

}  // namespace sallyport::smb
