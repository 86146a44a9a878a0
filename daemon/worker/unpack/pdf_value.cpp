#include "daemon/worker/unpack/pdf_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "daemon/base/hex.h"
#include "daemon/base/limits.h"

namespace sallyport {
namespace {

bool is_space(char c) {
  return c == '\0' || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ' ';
}
bool is_delimiter(char c) {
  return std::string_view("()<>[]{}/%").find(c) != std::string_view::npos;
}
bool is_regular(char c) {
  return !is_space(c) && !is_delimiter(c);
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
}  // namespace

std::int64_t PdfValue::integer() const {
  constexpr double kMax = 9e15;  // every integer up to here is a double
  return kind == Kind::kNumber && std::abs(number) < kMax ? static_cast<std::int64_t>(number) : 0;
}

const PdfValue& PdfValue::operator[](std::string_view key) const {
  static const PdfValue kNothing;
  const auto found =
      std::find_if(entries.rbegin(), entries.rend(), [key](const auto& entry) { return entry.key == key; });
  return found == entries.rend() ? kNothing : found->value;
}

const PdfValue& PdfValue::either(std::string_view key, std::string_view short_key) const {
  const PdfValue& value = (*this)[key];
  return value.is(Kind::kNull) ? (*this)[short_key] : value;
}

void PdfLexer::skip_space() {
  while (!at_end()) {
    if (peek() == '%') {
      position_ = std::min(text_.find_first_of("\r\n", position_), text_.size());
    } else if (is_space(peek())) {
      ++position_;
    } else {
      return;
    }
  }
}

PdfValue PdfLexer::value(int depth) {
  skip_space();
  const char c = peek();
  if (at_end() || depth > limits::kDocumentNestingMax || ++values_ > limits::kDocumentObjectsMax) {
    position_ = at_end() ? text_.size() : position_ + 1;
    return {PdfValue::Kind::kKeyword, 0, {}, {}, {}};
  }
  if (is_digit(c) || c == '+' || c == '-' || c == '.') return number_or_reference();
  if (c == '/') return name();
  if (c == '(') return literal_string();
  if (c == '[') return array(depth);
  if (c == '<') return peek(1) == '<' ? dictionary(depth) : hex_string();
  return keyword();
}

PdfValue PdfLexer::number_or_reference() {
  const auto read = [this] {
    const std::size_t start = position_;
    while (is_regular(peek()) && !at_end()) ++position_;
    std::string_view digits = text_.substr(start, position_ - start);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    double number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed);
    return number;
  };
  PdfValue value{PdfValue::Kind::kNumber, read(), {}, {}, {}};
  const std::size_t after = position_;
  skip_space();
  if (is_digit(peek())) {
    read();
    skip_space();
    if (peek() == 'R' && !is_regular(peek(1))) {
      ++position_;
      value.kind = PdfValue::Kind::kReference;
      return value;
    }
  }
  position_ = after;
  return value;
}

PdfValue PdfLexer::name() {
  PdfValue value{PdfValue::Kind::kName, 0, {}, {}, {}};
  for (++position_; !at_end() && is_regular(peek()); ++position_) {
    const int high = peek() == '#' ? hex_digit(peek(1)) : -1;
    const int low = high >= 0 ? hex_digit(peek(2)) : -1;
    value.text += low >= 0 ? static_cast<char>(high << 4 | low) : peek();
    if (low >= 0) position_ += 2;
  }
  return value;
}

PdfValue PdfLexer::literal_string() {
  PdfValue value{PdfValue::Kind::kString, 0, {}, {}, {}};
  int open = 1;
  for (++position_; !at_end(); ++position_) {
    char c = peek();
    if (c == '(') ++open;
    if (c == ')' && --open == 0) break;
    if (c == '\\') {
      c = peek(1);
      ++position_;
      if (c >= '0' && c <= '7') {
        int code = c - '0';
        for (int i = 0; i < 2 && peek(1) >= '0' && peek(1) <= '7'; ++i, ++position_) code = code * 8 + (peek(1) - '0');
        c = static_cast<char>(code);
      } else if (const std::size_t plain = std::string_view("nrtbf").find(c); plain != std::string_view::npos) {
        c = "\n\r\t\b\f"[plain];
      }
    }
    value.text += c;
  }
  position_ = std::min(position_ + 1, text_.size());
  return value;
}

PdfValue PdfLexer::hex_string() {
  PdfValue value{PdfValue::Kind::kString, 0, {}, {}, {}};
  int high = -1;
  for (++position_; !at_end() && peek() != '>'; ++position_) {
    const int digit = hex_digit(peek());
    if (digit < 0) continue;
    if (high >= 0) value.text += static_cast<char>(high << 4 | digit);
    high = high >= 0 ? -1 : digit;
  }
  if (high >= 0) value.text += static_cast<char>(high << 4);
  position_ = std::min(position_ + 1, text_.size());
  return value;
}

PdfValue PdfLexer::array(int depth) {
  PdfValue value{PdfValue::Kind::kArray, 0, {}, {}, {}};
  ++position_;
  for (;;) {
    skip_space();
    if (at_end() || values_ > limits::kDocumentObjectsMax) return value;
    if (peek() == ']') break;
    value.items.push_back(this->value(depth + 1));
  }
  ++position_;
  return value;
}

PdfValue PdfLexer::dictionary(int depth) {
  PdfValue value{PdfValue::Kind::kDictionary, 0, {}, {}, {}};
  position_ += 2;
  for (;;) {
    skip_space();
    if (at_end() || values_ > limits::kDocumentObjectsMax) return value;
    if (peek() == '>') break;
    PdfValue key = this->value(depth + 1);
    if (!key.is(PdfValue::Kind::kName)) continue;  // broken: readers go on with the next name
    skip_space();
    if (peek() == '>') break;
    value.entries.push_back({std::move(key.text), this->value(depth + 1)});
  }
  position_ = std::min(position_ + (peek(1) == '>' ? 2 : 1), text_.size());
  return value;
}

PdfValue PdfLexer::keyword() {
  const std::size_t start = position_;
  while (!at_end() && is_regular(peek())) ++position_;
  if (position_ == start) ++position_;  // a delimiter that opens nothing
  return {PdfValue::Kind::kKeyword, 0, std::string(text_.substr(start, position_ - start)), {}, {}};
}

}  // namespace sallyport
