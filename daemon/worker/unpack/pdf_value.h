// Objects of PDF files (ISO 32000-1 7.3) as they are written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

struct PdfEntry;

/// Hostile values. A value of another kind than asked for reads as empty or zero.
struct PdfValue {
  enum class Kind : std::uint8_t { kNull, kNumber, kName, kString, kArray, kDictionary, kReference, kKeyword };

  Kind kind = Kind::kNull;
  double number = 0;              ///< of a reference: the object's number
  std::string text;               ///< name without '/', string decoded, or keyword
  std::vector<PdfValue> items;    ///< of an array
  std::vector<PdfEntry> entries;  ///< of a dictionary, as they stand

  bool is(Kind wanted) const { return kind == wanted; }
  bool is_name(std::string_view name) const { return kind == Kind::kName && text == name; }
  std::int64_t integer() const;
  /// The entry of a dictionary, or a null value. Of two with one key the last, as most readers have it.
  const PdfValue& operator[](std::string_view key) const;
  /// The same under the long or the short name that inline images use (8.9.7).
  const PdfValue& either(std::string_view key, std::string_view short_key) const;
};

/// Of a dictionary.
struct PdfEntry {
  std::string key;
  PdfValue value;
};

/// Reads values one after the other. Nesting and size are bounded; beyond that a value ends early.
class PdfLexer {
 public:
  explicit PdfLexer(std::string_view text, std::size_t position = 0) : text_(text), position_(position) {}

  /// The next value; a keyword with empty text at the end.
  PdfValue next() { return value(0); }
  std::size_t position() const { return position_; }

 private:
  char peek(std::size_t ahead = 0) const { return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0'; }
  bool at_end() const { return position_ >= text_.size(); }
  void skip_space();
  PdfValue value(int depth);
  PdfValue number_or_reference();
  PdfValue name();
  PdfValue literal_string();
  PdfValue hex_string();
  PdfValue array(int depth);
  PdfValue dictionary(int depth);
  PdfValue keyword();

  std::string_view text_;
  std::size_t position_;
  std::size_t values_ = 0;
};

}  // namespace sallyport
