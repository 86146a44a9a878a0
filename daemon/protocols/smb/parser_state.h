// What a parser leaves in ParserMemory while its flow is silent, as text: numbers and names one behind the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::smb {

/// Appends to `out`, which outlives it. One thread.
class StateWriter {
 public:
  explicit StateWriter(std::string& out) : out_(out) {}

  /// Seven bits a character, lowest first: most numbers are small.
  void number(std::uint64_t value) {
    for (; value >= kMore; value >>= kBits) out_ += static_cast<char>(value | kMore);
    out_ += static_cast<char>(value);
  }
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }

 private:
  friend class StateReader;
  static constexpr unsigned kBits = 7;
  static constexpr std::uint64_t kMore = 1U << kBits;

  std::string& out_;
};

/// Reads what a StateWriter wrote, in the same order. What it never wrote reads as zeros and empty texts.
class StateReader {
 public:
  explicit StateReader(std::string_view in) : in_(in) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; !in_.empty() && shift < 64; shift += StateWriter::kBits) {
      const auto c = static_cast<unsigned char>(in_.front());
      in_.remove_prefix(1);
      value |= std::uint64_t{c & (StateWriter::kMore - 1)} << shift;
      if (c < StateWriter::kMore) break;
    }
    return value;
  }
  std::string text() {
    const auto size = static_cast<std::size_t>(number());
    const std::string value(in_.substr(0, size));
    in_.remove_prefix(value.size());
    return value;
  }

 private:
  std::string_view in_;
};

}  // namespace sallyport::smb
