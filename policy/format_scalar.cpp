#include "policy/format_scalar.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "policy/values.h"

namespace sallyport::policy {
namespace {

constexpr std::string_view kFirst = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_$+";
constexpr std::string_view kEverywhere =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./\\+$()%;=@' ";
constexpr std::string_view kOnLines = ",!";  // and these, where no bracket is open

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool is_beyond_ascii(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

bool is_null(std::string_view text) {
  static constexpr std::array<std::string_view, 4> kWords{"null", "Null", "NULL", "~"};
  return std::find(kWords.begin(), kWords.end(), text) != kWords.end();
}

bool is_plain(std::string_view text, ScalarPlace place) {
  if (text.empty() || text.ends_with(' ') || is_null(text)) return false;
  if (parse_moment(text)) return true;
  const auto plain = [place](char c) {
    const bool on_line = place == ScalarPlace::kLine && kOnLines.find(c) != std::string_view::npos;
    return kEverywhere.find(c) != std::string_view::npos || on_line || is_beyond_ascii(c);
  };
  const bool begins = kFirst.find(text.front()) != std::string_view::npos || is_beyond_ascii(text.front());
  return begins && std::all_of(text.begin(), text.end(), plain);
}

std::string escaped(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    char code[8];
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (is_control(c)) {
      std::snprintf(code, sizeof code, "\\x%02X", static_cast<unsigned>(c));
      result += code;
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace

std::string scalar_text(std::string_view text, ScalarPlace place) {
  if (is_plain(text, place)) return std::string(text);
  const bool needs_escape = text.find_first_of("\"\\") != std::string_view::npos;
  const bool single =
      needs_escape && text.find('\'') == std::string_view::npos && std::none_of(text.begin(), text.end(), is_control);
  return single ? '\'' + std::string(text) + '\'' : escaped(text);
}

bool is_block_text(std::string_view text) {
  const std::size_t line_end = text.find('\n');
  if (line_end == std::string_view::npos || line_end == 0 || text.ends_with("\n\n")) return false;
  const bool odd = std::any_of(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\n'; });
  return !odd && text.front() != ' ';
}

std::vector<std::string> block_lines(std::string_view text) {
  std::vector<std::string> lines{text.ends_with('\n') ? "|" : "|-"};
  if (text.ends_with('\n')) text.remove_suffix(1);
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace sallyport::policy
