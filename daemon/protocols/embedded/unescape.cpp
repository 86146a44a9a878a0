#include "daemon/protocols/embedded/unescape.h"

namespace sallyport::embedded {
namespace {

constexpr std::uint8_t kNoBase64 = 64;
constexpr std::uint8_t kNoHex = 16;

}  // namespace

constexpr std::array<std::uint8_t, 256> kBase64Values = [] {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values) value = kNoBase64;
  for (unsigned i = 0; i < 26; ++i) {
    values['A' + i] = static_cast<std::uint8_t>(i);
    values['a' + i] = static_cast<std::uint8_t>(26 + i);
  }
  for (unsigned i = 0; i < 10; ++i) values['0' + i] = static_cast<std::uint8_t>(52 + i);
  values['+'] = values['-'] = 62;
  values['/'] = values['_'] = 63;
  return values;
}();

constexpr std::array<std::uint8_t, 256> kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values) value = kNoHex;
  for (unsigned i = 0; i < 10; ++i) values['0' + i] = static_cast<std::uint8_t>(i);
  for (unsigned i = 0; i < 6; ++i) values['a' + i] = values['A' + i] = static_cast<std::uint8_t>(10 + i);
  return values;
}();

Text Unescape::push(std::uint8_t byte) {
  switch (state_) {
    case State::kPlain:
      return plain(byte);
    case State::kBackslash:
      return backslash(byte);
    case State::kHex:
      return hex(byte);
    case State::kAmpersand:
      if (byte != '#') break;
      return enter(State::kReference, 7);
    case State::kReference:
    case State::kHexReference:
      return reference(byte);
  }
  state_ = State::kPlain;
  return Text::kEnd;
}

Text Unescape::enter(State state, int digits) {
  state_ = state;
  digits_left_ = digits;
  code_ = 0;
  return Text::kMore;
}

Text Unescape::plain(std::uint8_t byte) {
  character_ = static_cast<char>(byte);
  if (byte == '+' && is_form_ && percent_seen_) {
    character_ = ' ';
    return Text::kSpace;
  }
  if (kBase64Values[byte] != kNoBase64 || byte == '=') return Text::kChar;
  switch (byte) {
    case '\n':
    case '\r':
    case ' ':
    case '\t':
      if (byte == '\t') character_ = ' ';
      return Text::kSpace;
    case '\\':
      return enter(State::kBackslash, 0);
    case '%':
      is_percent_ = true;
      return enter(State::kHex, 2);
    case '&':
      is_percent_ = false;
      return enter(State::kAmpersand, 0);
    default:
      return Text::kEnd;
  }
}

Text Unescape::backslash(std::uint8_t byte) {
  is_percent_ = false;
  if (byte == '\\') return Text::kMore;
  if (byte == 'u') return enter(State::kHex, 4);
  state_ = State::kPlain;
  if (byte == 'n') return escaped('\n');
  if (byte == 'r' || byte == '\r') return escaped('\r');
  if (byte == 't') return escaped(' ');
  return byte == '/' || byte == '\n' ? escaped(byte) : Text::kEnd;
}

Text Unescape::hex(std::uint8_t byte) {
  const std::uint8_t value = kHexValues[byte];
  if (value == kNoHex) {
    state_ = State::kPlain;
    return Text::kEnd;
  }
  code_ = code_ * 16 + value;
  if (--digits_left_ > 0) return Text::kMore;
  state_ = State::kPlain;
  return escaped(code_);
}

Text Unescape::reference(std::uint8_t byte) {
  const bool is_hex = state_ == State::kHexReference;
  if (!is_hex && code_ == 0 && (byte == 'x' || byte == 'X')) return enter(State::kHexReference, 7);
  const std::uint8_t value = kHexValues[byte];
  if (byte != ';' && value < (is_hex ? 16 : 10) && --digits_left_ > 0) {
    code_ = code_ * (is_hex ? 16 : 10) + value;
    return Text::kMore;
  }
  state_ = State::kPlain;
  return byte == ';' ? escaped(code_) : Text::kEnd;
}

/// What an escape stands for; never looked at as the start of another escape, but for the two that are escaped twice.
Text Unescape::escaped(unsigned code) {
  if (code == '%' && is_percent_) return enter(State::kHex, 2);
  if (code == '\\') return enter(State::kBackslash, 0);
  if (code >= 0x80) return Text::kEnd;
  character_ = static_cast<char>(code);
  if (code == '\n' || code == '\r' || code == ' ' || code == '\t') {
    if (code == '\t') character_ = ' ';
    return Text::kSpace;
  }
  if (kBase64Values[code] == kNoBase64 && code != '=') return Text::kEnd;
  percent_seen_ = percent_seen_ || is_percent_;
  return Text::kChar;
}

}  // namespace sallyport::embedded
