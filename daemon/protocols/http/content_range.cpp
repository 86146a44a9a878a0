#include "daemon/protocols/http/content_range.h"

#include <charconv>

#include "daemon/protocols/http/http_headers.h"

namespace sallyport::http {
namespace {

/// No object is larger; also keeps offset arithmetic far from overflow.
constexpr std::uint64_t kOffsetMax = std::uint64_t{1} << 60;

std::optional<std::uint64_t> take_number(std::string_view& text) {
  text = trim_blanks(text);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number > kOffsetMax) return std::nullopt;
  text = trim_blanks(text.substr(static_cast<std::size_t>(end - text.data())));
  return number;
}

bool take_char(std::string_view& text, char wanted) {
  if (!text.starts_with(wanted)) return false;
  text.remove_prefix(1);
  return true;
}

/// Takes "bytes" and what may stand behind it.
bool take_unit(std::string_view& text) {
  text = trim_blanks(text);
  if (!starts_with_ignoring_case(text, "bytes")) return false;
  text = trim_blanks(text.substr(5));
  take_char(text, '=');
  return true;
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view value) {
  if (!take_unit(value)) return std::nullopt;
  ContentRange range;
  const auto first = take_number(value);
  if (!first || !take_char(value, '-')) return std::nullopt;
  const auto last = take_number(value);
  if (!last || *last < *first) return std::nullopt;
  range.first = *first;
  range.last = *last;
  if (take_char(value, '/')) range.total = take_number(value);
  if (range.total && *range.total <= range.last) return std::nullopt;
  return range;
}

std::optional<std::uint64_t> parse_unsatisfied_range(std::string_view value) {
  if (!take_unit(value)) return std::nullopt;
  value = trim_blanks(value);
  if (!take_char(value, '*')) return std::nullopt;
  value = trim_blanks(value);
  return take_char(value, '/') ? take_number(value) : std::nullopt;
}

std::optional<std::uint64_t> parse_range_start(std::string_view value) {
  if (!take_unit(value) || value.find(',') != std::string_view::npos) return std::nullopt;
  const auto first = take_number(value);
  return first && take_char(value, '-') ? first : std::nullopt;
}

std::optional<std::uint64_t> parse_offset(std::string_view value) {
  const auto number = take_number(value);
  return value.empty() ? number : std::nullopt;
}

}  // namespace sallyport::http
