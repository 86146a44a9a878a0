// The start of an image in a string of base64 or hexadecimal characters, wherever in the string it begins.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/protocols/embedded/magic.h"

namespace sallyport::embedded {

/// Where an object begins.
struct StringHit {
  ContentType content = ContentType::kUnknown;
  bool is_hex = false;
  /// Base64 only: bits of the first character that belong to what is before (0, 2 or 4).
  unsigned skip_bits = 0;
  Place place = Place::kMiddle;
  /// Characters from the one on with which the object begins. Valid until the next call.
  std::string_view rest;
};

/// Pushed characters of the base64 alphabets, escapes and white space taken off. Looks at each position with 64
/// characters behind it, at the three ways in which a byte can lie in base64 and as hexadecimal digits. Memory: 4 KiB.
/// One thread.
class StringSearch {
 public:
  explicit StringSearch(bool is_declared) : place_at_start_(is_declared ? Place::kDeclared : Place::kStart) {}

  /// Adds a character; the object that begins at the position which can now be looked at, if one does.
  std::optional<StringHit> add(char c);
  /// Takes characters from the front that stand for themselves while nothing can begin, and gives how many. add() takes
  /// the next.
  std::size_t add_plain(Bytes bytes);
  /// No more characters: looks at the positions that are left, up to the first at which an object begins.
  std::optional<StringHit> drain();
  /// Forgets everything; what comes next is the middle of a string.
  void restart();
  /// The string is base64 of text by its first characters, told once enough of them came.
  bool is_encoded_text() const;
  /// All characters so far, while none were dropped.
  std::string_view characters() const { return {reinterpret_cast<const char*>(chars_.data()), size_}; }
  bool at_start() const { return at_start_; }

 private:
  /// Enough for kMagicBytes of either encoding.
  static constexpr std::size_t kLookBytes = 2 * kMagicBytes;
  /// Characters that must be kept before a position: kPairDistanceMax bytes in hex.
  static constexpr std::size_t kKeptBefore = 2 * kPairDistanceMax;

  void make_room();
  bool may_begin(std::size_t position) const;
  void skip_position();
  std::optional<StringHit> examine();
  std::optional<StringHit> try_base64(std::size_t position, unsigned shift, std::uint16_t pair) const;
  std::optional<StringHit> try_hex(std::size_t position) const;
  std::size_t decode_base64(std::size_t bit, std::array<std::byte, kMagicBytes>& out) const;
  std::size_t decode_hex(std::size_t position, std::array<std::byte, kMagicBytes>& out) const;
  std::optional<StringHit> hit(ContentType content, std::size_t position, unsigned skip_bits, bool is_hex) const;
  Place place(std::size_t bit) const { return bit == 0 && at_start_ ? place_at_start_ : Place::kMiddle; }

  Place place_at_start_;
  bool at_start_ = true;  // chars_[0] is the first of the string
  std::size_t size_ = 0;
  std::size_t next_ = 0;      // position to look at
  std::uint32_t window_ = 0;  // values of the four characters from next_ on
  std::array<std::uint8_t, 4096> chars_;
};

}  // namespace sallyport::embedded
