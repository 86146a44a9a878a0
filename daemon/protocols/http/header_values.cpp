#include "daemon/protocols/http/header_values.h"

#include <algorithm>
#include <array>
#include <optional>

#include "daemon/base/hex.h"
#include "daemon/base/limits.h"

namespace sallyport::http {
namespace {

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(0xc0 | (byte >> 6)));
      out.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
    }
  }
  return out;
}

/// charset'language'percent-encoded (RFC 8187 3.2); as it is where that form is broken.
std::string extended_value(std::string_view text) {
  const std::size_t first = text.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : text.find('\'', first + 1);
  if (second == std::string_view::npos) return percent_decode(text);
  const std::string decoded = percent_decode(text.substr(second + 1));
  return lower_case(text.substr(0, first)) == "iso-8859-1" ? latin1_to_utf8(decoded) : decoded;
}

struct ParameterCursor {
  std::string_view rest;

  /// The next ';' outside of quotes; everything before it is taken off `rest`.
  std::string_view next_item() {
    bool quoted = false;
    std::size_t i = 0;
    for (; i < rest.size(); ++i) {
      if (rest[i] == '"') quoted = !quoted;
      if (rest[i] == '\\' && quoted) ++i;
      if (i < rest.size() && rest[i] == ';' && !quoted) break;
    }
    const std::string_view item = rest.substr(0, i);
    rest.remove_prefix(std::min(i + 1, rest.size()));
    return item;
  }
};

std::string unquote(std::string_view text) {
  text = trim_blanks(text);
  if (text.empty() || (text.front() != '"' && text.front() != '\'')) return std::string(text);
  const char quote = text.front();
  std::string out;
  for (std::size_t i = 1; i < text.size() && text[i] != quote; ++i) {
    // Browsers do not escape backslashes in file names: only an escaped quote or backslash is an escape.
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    out.push_back(text[i]);
  }
  return out;
}

std::optional<Coding> coding_named(std::string_view word, bool& exact) {
  struct Label {
    std::string_view name;
    Coding coding;
  };
  static constexpr std::array<Label, 9> kExact{{{"gzip", Coding::kGzip},
                                                {"x-gzip", Coding::kGzip},
                                                {"deflate", Coding::kDeflate},
                                                {"br", Coding::kBrotli},
                                                {"zstd", Coding::kZstd},
                                                {"base64", Coding::kBase64},
                                                {"quoted-printable", Coding::kQuotedPrintable},
                                                {"x-base64", Coding::kBase64},
                                                {"x-deflate", Coding::kDeflate}}};
  exact = true;
  for (const Label& label : kExact) {
    if (word == label.name) return label.coding;
  }
  exact = false;
  if (word.find("gzip") != std::string_view::npos) return Coding::kGzip;
  if (word.find("deflate") != std::string_view::npos) return Coding::kDeflate;
  return std::nullopt;
}

bool is_no_coding(std::string_view word) {
  static constexpr std::array<std::string_view, 6> kNone{"identity", "none", "binary", "7bit", "8bit", "utf-8"};
  return std::find(kNone.begin(), kNone.end(), word) != kNone.end();
}

/// Whether a word that names no coding we know may name one that others know. Junk is none, and unknown transfer
/// codings are read over by receivers, but for the one other that RFC 9112 7.2 lists.
bool may_name_coding(std::string_view word, bool is_transfer_coding) {
  if (is_transfer_coding) return word == "compress" || word == "x-compress";
  return std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

constexpr std::string_view kAwsChunked = "aws-chunked";

/// Some clients tell of the framing only where they tell of the signature.
bool is_aws_chunked(const Head& head) {
  if (starts_with_ignoring_case(head.value("x-amz-content-sha256"), "streaming-")) return true;
  return std::any_of(head.fields.begin(), head.fields.end(), [](const HeaderField& field) {
    return field.name == "content-encoding" && lower_case(field.value).find(kAwsChunked) != std::string::npos;
  });
}

void add_field_codings(const HeaderField& field, Codings& codings) {
  bool known = false;
  bool unknown = false;
  for (const std::string_view word : split_words(field.value)) {
    const std::string lower = lower_case(word);
    if (lower == kAwsChunked) continue;
    if (is_no_coding(lower) || lower.find("chunked") != std::string::npos) continue;
    bool exact = false;
    const auto coding = coding_named(lower, exact);
    if (coding) codings.layers.push_back(*coding);
    known = known || coding;
    unknown = unknown || (!coding && may_name_coding(lower, field.name == "transfer-encoding"));
    codings.odd = codings.odd || !exact || field.odd;
  }
  // A stray word beside a known label ("gzip x") is junk in the label, not a coding of its own.
  codings.unknown = codings.unknown || (unknown && !known);
}

}  // namespace

std::vector<std::string_view> split_words(std::string_view value) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= value.size(); ++i) {
    const bool separator = i == value.size() || is_blank(value[i]) || value[i] == ',' || value[i] == ';' ||
                           value[i] == '"' || static_cast<unsigned char>(value[i]) >= 0x80;
    if (!separator) continue;
    if (i > begin) words.push_back(value.substr(begin, i - begin));
    begin = i + 1;
  }
  return words;
}

std::string parameter(std::string_view value, std::string_view name, bool* found) {
  if (found) *found = false;
  ParameterCursor cursor{value};
  while (!cursor.rest.empty()) {
    const std::string_view item = cursor.next_item();
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos || lower_case(trim_blanks(item.substr(0, equals))) != name) continue;
    if (found) *found = true;
    return unquote(item.substr(equals + 1));
  }
  return {};
}

std::string disposition_file_name(std::string_view content_disposition) {
  const std::string extended = parameter(content_disposition, "filename*");
  if (!extended.empty()) return bounded_name(extended_value(extended));
  return bounded_name(parameter(content_disposition, "filename"));
}

std::string last_path_segment(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  const std::size_t slash = target.rfind('/');
  return bounded_name(percent_decode(slash == std::string_view::npos ? target : target.substr(slash + 1)));
}

std::string basic_user(std::string_view authorization) {
  if (!starts_with_ignoring_case(authorization, "basic ")) return {};
  const std::string credentials = base64_text(trim_blanks(authorization.substr(6)));
  const std::size_t colon = credentials.find(':');
  return colon == std::string::npos ? std::string() : bounded_name(std::string_view(credentials).substr(0, colon));
}

Codings parse_codings(const Head& head, bool is_part) {
  Codings codings;
  for (const std::string_view name :
       {"content-encoding", is_part ? "content-transfer-encoding" : "transfer-encoding"}) {
    for (const HeaderField& field : head.fields) {
      if (field.name == name) add_field_codings(field, codings);
    }
    if (name == "content-encoding" && !is_part && is_aws_chunked(head)) codings.layers.push_back(Coding::kAwsChunked);
  }
  return codings;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && text.size() - i > 2 && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    out.push_back(escape ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i]);
    if (escape) i += 2;
  }
  return out;
}

std::string base64_text(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) break;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    if (++count % 4 != 1) out.push_back(static_cast<char>((bits >> ((4 - count % 4) % 4 * 2)) & 0xff));
  }
  return out;
}

std::string bounded_name(std::string_view text) {
  return std::string(text.substr(0, limits::kNameBytesMax));
}

}  // namespace sallyport::http
