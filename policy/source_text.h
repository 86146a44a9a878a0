// The text of a policy file by lines, for messages that show the place they speak of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::policy {

/// Where something stands in a file. Lines and columns count from one; columns and widths count bytes. Line 0: the
/// whole file.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t width = 1;
  std::uint32_t file = 0;  ///< of a policy in several files, from one; 0 is the only one, or all of them

  auto operator<=>(const Place&) const = default;
};

/// "7:5".
std::string to_string(const Place& place);

/// A value and where it was written.
template <class T>
struct Located {
  T value{};
  Place place;
};

/// The length of the UTF-8 sequence at the start of `text`, 1 to 4; 0 where there is none (RFC 3629 4).
std::size_t utf8_sequence_size(std::string_view text);

/// Owns the text. Immutable after construction. A UTF-8 byte order mark is left out; CRLF counts as a line end.
class SourceText {
 public:
  /// `file`: number of the file in its policy.
  explicit SourceText(std::string text, std::uint32_t file = 0);

  std::uint32_t file() const { return file_; }
  const std::string& text() const { return text_; }
  std::size_t line_count() const { return starts_.size(); }
  /// Without its line end; empty where there is no such line. Lines count from one.
  std::string_view line(std::size_t number) const;

 private:
  std::string text_;
  std::uint32_t file_;
  std::vector<std::size_t> starts_;  // offset of each line
};

}  // namespace sallyport::policy
