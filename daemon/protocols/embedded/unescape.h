// Encoded text as its reader has it: JSON, JavaScript, XML and percent escapes taken off, character by character.
// RFC 8259 7 (not \\x, which databases put before hexadecimal), XML 1.0 4.1, RFC 3986 2.1, WHATWG URL 5.1
// (form-urlencoded).
#pragma once

#include <array>
#include <cstdint>

namespace sallyport::embedded {

enum class Text : std::uint8_t {
  kMore,   ///< inside of an escape
  kChar,   ///< a character of some encoding's alphabet, or '=': character()
  kSpace,  ///< white space, escaped or not: character() is CR or LF for a line end, else ' '
  kEnd,    ///< anything else: no encoded string goes on here
};

/// Pushed single bytes. Keeps one escape; those that are escaped again (\\/, %252F) are taken off too. One thread.
class Unescape {
 public:
  explicit Unescape(bool is_form) : is_form_(is_form) {}

  Text push(std::uint8_t byte);
  char character() const { return character_; }
  bool idle() const { return state_ == State::kPlain; }

 private:
  enum class State : std::uint8_t { kPlain, kBackslash, kHex, kAmpersand, kReference, kHexReference };

  Text plain(std::uint8_t byte);
  Text backslash(std::uint8_t byte);
  Text hex(std::uint8_t byte);
  Text reference(std::uint8_t byte);
  Text escaped(unsigned code);
  Text enter(State state, int digits);

  bool is_form_;
  bool percent_seen_ = false;  // of a character of the alphabet: the sender escapes
  bool is_percent_ = false;
  State state_ = State::kPlain;
  int digits_left_ = 0;
  unsigned code_ = 0;
  char character_ = 0;
};

/// The value of a character of base64 or base64url, 0 to 63; 64 for any other.
extern const std::array<std::uint8_t, 256> kBase64Values;
inline std::uint8_t base64_value(std::uint8_t c) {
  return kBase64Values[c];
}
/// The value of a hexadecimal digit; 16 for any other.
extern const std::array<std::uint8_t, 256> kHexValues;
inline std::uint8_t hex_value(std::uint8_t c) {
  return kHexValues[c];
}

}  // namespace sallyport::embedded
