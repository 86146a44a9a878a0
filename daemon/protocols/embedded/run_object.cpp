#include "daemon/protocols/embedded/run_object.h"

#include "daemon/protocols/embedded/unescape.h"

namespace sallyport::embedded {
namespace {

constexpr std::uint8_t kNone = 64;

/// Values of the characters that need no thought: those of all alphabets, and of the one in use.
struct PlainTable {
  std::array<std::uint8_t, 256> values{};
  constexpr PlainTable(char plus, char slash) {
    for (auto& value : values) value = kNone;
    for (unsigned i = 0; i < 26; ++i) {
      values['A' + i] = static_cast<std::uint8_t>(i);
      values['a' + i] = static_cast<std::uint8_t>(26 + i);
    }
    for (unsigned i = 0; i < 10; ++i) values['0' + i] = static_cast<std::uint8_t>(52 + i);
    if (plus) values[static_cast<unsigned char>(plus)] = 62;
    if (slash) values[static_cast<unsigned char>(slash)] = 63;
  }
};
constexpr PlainTable kAnyAlphabet(0, 0), kStandard('+', '/'), kUrl('-', '_'), kStandardWithoutPlus(0, '/');

bool ends_by_structure(ContentType type) {
  return type == ContentType::kJpeg || type == ContentType::kPng || type == ContentType::kGif ||
         type == ContentType::kBmp || type == ContentType::kWebp;
}

}  // namespace

RunObject::RunObject(const StringHit& hit, RunOutput& output)
    : output_(output),
      is_hex_(hit.is_hex),
      until_structure_(hit.place == Place::kMiddle && ends_by_structure(hit.content)),
      image_end_(hit.content),
      skip_bits_(hit.skip_bits) {}

Decoded RunObject::push(char character) {
  const auto c = static_cast<std::uint8_t>(character);
  if (is_hex_) return push_hex(c);
  if (is_foreign(c)) return Decoded::kForeign;
  ++count_;
  bits_ = bits_ << 6 | base64_value(c);
  bit_count_ += 6;
  if (skip_bits_ > 0) {
    bit_count_ -= skip_bits_;
    skip_bits_ = 0;
  }
  if (bit_count_ < 8) return Decoded::kMore;
  bit_count_ -= 8;
  return put(static_cast<std::uint8_t>(bits_ >> bit_count_ & 0xff));
}

Decoded RunObject::push_hex(std::uint8_t c) {
  const std::uint8_t value = hex_value(c);
  if (value > 15) return Decoded::kForeign;
  bits_ = bits_ << 4 | value;
  return ++count_ % 2 == 0 ? put(static_cast<std::uint8_t>(bits_ & 0xff)) : Decoded::kMore;
}

/// The first character that only one alphabet has settles which one it is.
bool RunObject::is_foreign(std::uint8_t c) {
  const bool standard = c == '+' || c == '/', url = c == '-' || c == '_';
  if (alphabet_ == Alphabet::kUnknown && (standard || url)) alphabet_ = url ? Alphabet::kUrl : Alphabet::kStandard;
  return (standard && alphabet_ == Alphabet::kUrl) || (url && alphabet_ == Alphabet::kStandard);
}

std::size_t RunObject::push_plain(Bytes bytes, bool plus_is_plain) {
  if (is_hex_ || until_structure_ || bit_count_ != 0 || skip_bits_ != 0) return 0;
  const PlainTable& table = alphabet_ == Alphabet::kUnknown ? kAnyAlphabet
                            : alphabet_ == Alphabet::kUrl   ? kUrl
                            : plus_is_plain                 ? kStandard
                                                            : kStandardWithoutPlus;
  const std::uint8_t* const in = as_u8(bytes);
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    const unsigned a = table.values[in[i]], b = table.values[in[i + 1]], c = table.values[in[i + 2]],
                   d = table.values[in[i + 3]];
    if ((a | b | c | d) & kNone) break;
    if (size_ + 3 > out_.size()) flush();
    const unsigned bits = a << 18 | b << 12 | c << 6 | d;
    out_[size_] = static_cast<std::byte>(bits >> 16);
    out_[size_ + 1] = static_cast<std::byte>(bits >> 8);
    out_[size_ + 2] = static_cast<std::byte>(bits);
    size_ += 3;
  }
  count_ += i;
  return i;
}

Decoded RunObject::put(std::uint8_t byte) {
  if (size_ == out_.size()) flush();
  out_[size_++] = static_cast<std::byte>(byte);
  if (!until_structure_) return Decoded::kMore;
  image_end_.feed(Bytes(out_).subspan(size_ - 1, 1));
  if (image_end_.end()) return Decoded::kEnded;
  return image_end_.lost() ? Decoded::kBroken : Decoded::kMore;
}

void RunObject::flush() {
  const Bytes out = Bytes(out_).first(size_);
  size_ = 0;
  if (out.empty()) return;
  if (!until_structure_) image_end_.feed(out);
  output_.take(out);
}

bool RunObject::is_whole() {
  flush();
  return image_end_.end().has_value();
}

}  // namespace sallyport::embedded
