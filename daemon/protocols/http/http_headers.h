// Message and part heads: where they end, and what fields they hold, read the way a tolerant browser does.
// RFC 9112 2.2, 5 and 5.2; the tolerance is listed in README.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::http {

struct HeaderField {
  std::string name;   ///< lower case, with everything that is no token character taken out
  std::string value;  ///< continuation lines joined, blanks trimmed, NULs taken out
  /// The line broke the grammar: two readers may see two different fields.
  bool odd = false;
  /// It may also be part of the value of another field (folded, or behind a bare CR): believe it only if the body
  /// agrees.
  bool doubtful = false;
};

struct Head {
  std::string start_line;  ///< continuation lines joined; empty for the head of a part
  std::vector<HeaderField> fields;
  bool odd = false;  ///< some line broke the grammar

  /// The first field of that (lower-case) name that is not doubtful, else the first; null if none.
  const HeaderField* find(std::string_view name) const;
  /// Its value, or an empty text.
  std::string_view value(std::string_view name) const;
};

/// Bytes that a copy of it takes.
std::size_t bytes_of(const Head& head);

/// Looks for the end of a head in a buffer that grows at its end. One for each head; not thread-safe.
class HeadEndFinder {
 public:
  /// The size of the head including its empty line, or nothing while more bytes are needed. `at_end`: no more will
  /// come. An empty text before the end line (a part without fields) is a head too.
  std::optional<std::size_t> find(std::string_view text, bool at_end);
  /// The end found was not an empty line: another reader may go on.
  bool odd() const { return odd_; }

 private:
  std::optional<std::size_t> doubtful_end(std::size_t end);
  std::optional<std::size_t> find_bare_cr_end(std::string_view text, std::size_t line_end, bool at_end,
                                              bool& needs_more);

  std::size_t line_start_ = 0;
  std::size_t searched_ = 0;  // no line feed and no run of CRs begins between line_start_ and here
  bool odd_ = false;
};

/// Takes a head apart. `has_start_line` is false for the head of a part.
Head parse_head(std::string_view text, bool has_start_line);

/// Space, tab, CR, LF, VT, FF, NUL, DEL and the 8-bit no-break space: what tolerant readers skip around a value.
bool is_blank(char c);
std::string_view trim_blanks(std::string_view text);
bool is_token_char(char c);
std::string lower_case(std::string_view text);
bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix);

}  // namespace sallyport::http
