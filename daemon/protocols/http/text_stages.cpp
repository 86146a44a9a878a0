// base64 and quoted-printable: the Content-Transfer-Encodings that mail-like form parts still use (RFC 2045 6).
#include <array>

#include "daemon/base/hex.h"
#include "daemon/protocols/http/decoder_stage.h"

namespace sallyport::http {
namespace {

constexpr std::size_t kOutputBytes = 8 * 1024;

/// Collects output bytes and hands them on in blocks.
class OutputBlock {
 public:
  explicit OutputBlock(ByteOutput& output) : output_(output) {}
  bool put(std::uint8_t byte) {
    block_[size_++] = static_cast<std::byte>(byte);
    return size_ < block_.size() || flush();
  }
  bool flush() {
    const bool wanted = size_ == 0 || output_.take(Bytes(block_.data(), size_));
    size_ = 0;
    return wanted;
  }

 private:
  ByteOutput& output_;
  std::size_t size_ = 0;
  std::array<std::byte, kOutputBytes> block_;
};

int base64_value(std::uint8_t c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

class Base64Stage : public DecoderStage {
 public:
  StageStatus push(Bytes input, ByteOutput& output) override {
    OutputBlock block(output);
    for (const std::byte byte : input) {
      const auto c = std::to_integer<std::uint8_t>(byte);
      if (c == '=') return block.flush() ? StageStatus::kEnd : StageStatus::kStopped;
      const int value = base64_value(c);
      if (value < 0) continue;
      bits_ = (bits_ << 6) | static_cast<std::uint32_t>(value);
      const unsigned place = count_++ % 4;
      if (place != 0 && !block.put(static_cast<std::uint8_t>(bits_ >> (6 - 2 * place)))) return StageStatus::kStopped;
    }
    return block.flush() ? StageStatus::kMore : StageStatus::kStopped;
  }
  bool whole() const override { return true; }
  std::size_t memory_bytes() const override { return sizeof(*this); }

 private:
  std::uint32_t bits_ = 0;
  unsigned count_ = 0;
};

class QuotedPrintableStage : public DecoderStage {
 public:
  StageStatus push(Bytes input, ByteOutput& output) override {
    OutputBlock block(output);
    for (const std::byte byte : input) {
      if (!step(std::to_integer<std::uint8_t>(byte), block)) return StageStatus::kStopped;
    }
    return block.flush() ? StageStatus::kMore : StageStatus::kStopped;
  }
  bool whole() const override { return held_ == 0; }
  std::size_t memory_bytes() const override { return sizeof(*this); }

 private:
  /// An escape that is none stands for itself.
  bool step(std::uint8_t c, OutputBlock& block) {
    if (held_ == 0) {
      if (c != '=') return block.put(c);
      held_ = 1;
      return true;
    }
    if (held_ == 1 && (c == '\r' || c == ' ' || c == '\t')) return true;
    if (held_ == 1 && c == '\n') {
      held_ = 0;
      return true;
    }
    const int digit = hex_digit(static_cast<char>(c));
    if (held_ == 1 && digit >= 0) {
      first_ = c;
      held_ = 2;
      return true;
    }
    const bool decoded = held_ == 2 && digit >= 0;
    const bool had_first = held_ == 2;
    held_ = 0;
    if (decoded) return block.put(static_cast<std::uint8_t>(hex_digit(static_cast<char>(first_)) * 16 + digit));
    return block.put('=') && (!had_first || block.put(first_)) && block.put(c);
  }

  int held_ = 0;  // bytes of an escape seen so far
  std::uint8_t first_ = 0;
};

}  // namespace

std::unique_ptr<DecoderStage> make_base64_stage() {
  return std::make_unique<Base64Stage>();
}
std::unique_ptr<DecoderStage> make_quoted_printable_stage() {
  return std::make_unique<QuotedPrintableStage>();
}

}  // namespace sallyport::http
