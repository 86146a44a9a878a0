#include "daemon/protocols/embedded/string_search.h"

#include <algorithm>

#include "daemon/protocols/embedded/unescape.h"

namespace sallyport::embedded {
namespace {

constexpr unsigned kCharBits = 6;
constexpr std::size_t kWindowChars = 4;
constexpr std::uint32_t kWindowMask = (1U << (kWindowChars * kCharBits)) - 1;
/// Characters by which base64 of text is told: 36 bytes that are all printable are no accident.
constexpr std::size_t kTextChars = 48;

bool is_printable(std::byte byte) {
  const auto c = std::to_integer<std::uint8_t>(byte);
  return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
}

}  // namespace

void StringSearch::make_room() {
  const std::size_t dropped = next_ - kKeptBefore;
  std::copy(chars_.begin() + static_cast<std::ptrdiff_t>(dropped), chars_.begin() + static_cast<std::ptrdiff_t>(size_),
            chars_.begin());
  size_ -= dropped;
  next_ -= dropped;
  at_start_ = false;
}

std::optional<StringHit> StringSearch::add(char c) {
  if (size_ == chars_.size()) make_room();
  chars_[size_++] = static_cast<std::uint8_t>(c);
  if (size_ - next_ < kLookBytes) return std::nullopt;
  return examine();
}

std::size_t StringSearch::add_plain(Bytes bytes) {
  if (at_start_ && size_ < kTextChars) return 0;
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    if (size_ == chars_.size()) make_room();
    const std::uint8_t c = std::to_integer<std::uint8_t>(bytes[taken]);
    // The position that this character lets be looked at must be one where nothing can begin.
    if (base64_value(c) > 63 || size_ + 1 - next_ < kLookBytes || next_ == 0 || may_begin(next_)) break;
    chars_[size_++] = c;
    skip_position();
    ++taken;
  }
  return taken;
}

bool StringSearch::may_begin(std::size_t position) const {
  const unsigned both =
      static_cast<unsigned>(base64_value(chars_[position])) << kCharBits | base64_value(chars_[position + 1]);
  return kMayBeginPair[both];
}

void StringSearch::skip_position() {
  window_ = (window_ << kCharBits | base64_value(chars_[next_ + kWindowChars - 1])) & kWindowMask;
  ++next_;
}

std::optional<StringHit> StringSearch::drain() {
  while (next_ < size_) {
    if (auto found = examine()) return found;
  }
  return std::nullopt;
}

void StringSearch::restart() {
  at_start_ = false;
  size_ = next_ = 0;
}

bool StringSearch::is_encoded_text() const {
  if (!at_start_ || size_ < kTextChars || next_ != 1) return false;
  std::array<std::byte, kMagicBytes> text;
  const std::size_t size = decode_base64(0, text);
  return size == kMagicBytes && std::all_of(text.begin(), text.end(), is_printable);
}

std::optional<StringHit> StringSearch::examine() {
  const std::size_t position = next_++;
  if (position == 0) {
    window_ = 0;
    for (std::size_t i = 0; i + 1 < kWindowChars; ++i) {
      window_ = window_ << kCharBits | (i < size_ ? base64_value(chars_[i]) : 0);
    }
  }
  const std::size_t last = position + kWindowChars - 1;
  window_ = (window_ << kCharBits | (last < size_ ? base64_value(chars_[last]) : 0)) & kWindowMask;
  for (unsigned shift = 0; shift < kCharBits; shift += 2) {
    const auto pair = static_cast<std::uint16_t>(window_ >> (8 - shift));
    if (!kMagicPairs.has(pair)) continue;
    if (auto found = try_base64(position, shift, pair)) return found;
  }
  return try_hex(position);
}

std::optional<StringHit> StringSearch::try_base64(std::size_t position, unsigned shift, std::uint16_t pair) const {
  const std::size_t back = 8 * pair_distance(pair);
  if (kCharBits * position + shift < back) return std::nullopt;
  const std::size_t bit = kCharBits * position + shift - back;
  std::array<std::byte, kMagicBytes> start;
  const std::size_t size = decode_base64(bit, start);
  const ContentType content = match_magic(Bytes(start).first(size), place(bit));
  return hit(content, bit / kCharBits, static_cast<unsigned>(bit % kCharBits), false);
}

std::optional<StringHit> StringSearch::try_hex(std::size_t position) const {
  if (position + 4 > size_) return std::nullopt;
  unsigned pair = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint8_t value = hex_value(chars_[position + i]);
    if (value > 15) return std::nullopt;
    pair = pair << 4 | value;
  }
  const auto key = static_cast<std::uint16_t>(pair);
  const std::size_t back = 2 * pair_distance(key);
  if (!kMagicPairs.has(key) || position < back) return std::nullopt;
  std::array<std::byte, kMagicBytes> start;
  const std::size_t size = decode_hex(position - back, start);
  const bool begins = position == back && at_start_;
  const ContentType content = match_magic(Bytes(start).first(size), begins ? place_at_start_ : Place::kMiddle);
  return hit(content, position - back, 0, true);
}

std::optional<StringHit> StringSearch::hit(ContentType content, std::size_t position, unsigned skip_bits,
                                           bool is_hex) const {
  if (content == ContentType::kUnknown) return std::nullopt;
  const Place where = skip_bits == 0 ? place(position * kCharBits) : Place::kMiddle;
  return StringHit{content, is_hex, skip_bits, where, characters().substr(position)};
}

std::size_t StringSearch::decode_base64(std::size_t bit, std::array<std::byte, kMagicBytes>& out) const {
  std::size_t made = 0;
  for (; made < out.size(); ++made, bit += 8) {
    const std::size_t first = bit / kCharBits;
    if (first + 1 >= size_) break;
    const unsigned bits =
        static_cast<unsigned>(base64_value(chars_[first])) << kCharBits | base64_value(chars_[first + 1]);
    out[made] = static_cast<std::byte>(bits >> (4 - bit % kCharBits) & 0xff);
  }
  return made;
}

std::size_t StringSearch::decode_hex(std::size_t position, std::array<std::byte, kMagicBytes>& out) const {
  std::size_t made = 0;
  for (; made < out.size() && position + 2 <= size_; ++made, position += 2) {
    const unsigned high = hex_value(chars_[position]), low = hex_value(chars_[position + 1]);
    if (high > 15 || low > 15) break;
    out[made] = static_cast<std::byte>(high << 4 | low);
  }
  return made;
}

}  // namespace sallyport::embedded
