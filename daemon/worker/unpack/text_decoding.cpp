#include "daemon/worker/unpack/text_decoding.h"

#include <algorithm>
#include <array>

#include "daemon/base/hex.h"
#include "daemon/worker/unpack/member_writer.h"

namespace sallyport {
namespace {

constexpr std::array<std::int8_t, 256> base64_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  values['-'] = 62;
  values['_'] = 63;
  return values;
}

/// What follows '=' at `position`: bytes to pass over, or a byte.
struct Escape {
  std::size_t size = 0;
  int byte = -1;
};
Escape escape_at(std::string_view text, std::size_t position) {
  const std::size_t content = text.find_first_not_of(" \t", position);
  if (content == std::string_view::npos) return {text.size() - position, -1};
  if (text[content] == '\n') return {content - position + 1, -1};
  if (text[content] == '\r') return {content - position + (text.substr(content, 2) == "\r\n" ? 2U : 1U), -1};
  if (position + 1 < text.size()) {
    const int high = hex_digit(text[position]);
    const int low = hex_digit(text[position + 1]);
    if (high >= 0 && low >= 0) return {2, high << 4 | low};
  }
  return {0, '='};
}

/// One line of uuencode: a count, then groups of four characters.
bool decode_uu_line(std::string_view line, MemberWriter& output) {
  unsigned left = (static_cast<unsigned char>(line.front()) - 32U) & 63U;
  for (std::size_t i = 1; left > 0 && i < line.size(); i += 4) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const unsigned c = i + k < line.size() ? static_cast<unsigned char>(line[i + k]) : 32U;
      group = group << 6 | ((c - 32U) & 63U);
    }
    for (int shift = 16; shift >= 0 && left > 0; shift -= 8, --left) {
      if (!output.put(group >> shift)) return false;
    }
  }
  return true;
}

}  // namespace

bool decode_base64(std::string_view text, MemberBuffer& out) {
  static constexpr auto kValues = base64_values();
  MemberWriter output(out);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') count = 0;  // what is left of the group is padding
    const int value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    if (!output.put(bits >> count)) return false;
  }
  return output.flush();
}

bool decode_quoted_printable(std::string_view text, MemberBuffer& out) {
  MemberWriter output(out);
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '=') {
      if (!output.put(static_cast<unsigned char>(text[i++]))) return false;
      continue;
    }
    const Escape escape = escape_at(text, ++i);
    i += escape.size;
    if (escape.byte >= 0 && !output.put(static_cast<unsigned>(escape.byte))) return false;
  }
  return output.flush();
}

bool decode_uuencode(std::string_view lines, MemberBuffer& out) {
  MemberWriter output(out);
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(lines.size(), end + 1));
    while (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line == "end") break;
    if (!decode_uu_line(line, output)) return false;
  }
  return output.flush();
}

}  // namespace sallyport
