#include "daemon/protocols/http/start_line.h"

#include <algorithm>
#include <array>

#include "daemon/protocols/http/http_headers.h"

namespace sallyport::http {
namespace {

constexpr std::size_t npos = std::string_view::npos;
/// Longer methods are not in use (the IANA registry's longest has 17 letters).
constexpr std::size_t kMethodBytesMax = 32;

/// Methods of RFC 9110, RFC 5789, RFC 4918 and its extensions: those by which a request is found again in the middle.
constexpr std::array<std::string_view, 24> kMethods{"GET",     "POST",     "PUT",   "HEAD",     "PATCH",      "DELETE",
                                                    "OPTIONS", "CONNECT",  "TRACE", "PROPFIND", "PROPPATCH",  "MKCOL",
                                                    "COPY",    "MOVE",     "LOCK",  "UNLOCK",   "REPORT",     "SEARCH",
                                                    "MERGE",   "CHECKOUT", "BIND",  "ACL",      "MKCALENDAR", "QUERY"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

bool is_known_method(std::string_view word) {
  return std::find(kMethods.begin(), kMethods.end(), word) != kMethods.end();
}

/// The last "HTTP/" of a line, in whatever case.
std::size_t find_version(std::string_view line) {
  const std::size_t place = lower_case(line).rfind("http/");
  return place == 0 || place == npos || !is_blank(line[place - 1]) ? npos : place;
}

/// The start of the request line whose " HTTP/1." stands at `version`; npos where no known method is before it.
std::size_t request_start(std::string_view text, std::size_t version) {
  const std::size_t from = version > kResyncTailBytes ? version - kResyncTailBytes : 0;
  const std::size_t line_feed = text.substr(0, version).rfind('\n');
  const std::size_t begin = line_feed == npos ? from : std::max(from, line_feed + 1);
  const std::string_view line = text.substr(begin, version - begin);
  // A request may follow a body without a line end in between, so the method is looked for from the target backwards.
  const std::size_t target_space = line.rfind(' ');
  if (target_space == npos) return npos;
  std::size_t word = target_space;
  while (word > 0 && line[word - 1] >= 'A' && line[word - 1] <= 'Z') --word;
  for (; word < target_space; ++word) {
    if (is_known_method(line.substr(word, target_space - word))) return begin + word;
  }
  return npos;
}

}  // namespace

std::optional<RequestLine> parse_request_line(std::string_view line) {
  std::size_t method_end = 0;
  while (method_end < line.size() && is_token_char(line[method_end])) ++method_end;
  if (method_end == 0 || method_end > kMethodBytesMax || method_end == line.size() || !is_space(line[method_end])) {
    return std::nullopt;
  }
  RequestLine request;
  request.method = std::string(line.substr(0, method_end));
  const std::size_t version = find_version(line);
  request.has_version = version != npos && version > method_end;
  if (!request.has_version && !is_known_method(request.method)) return std::nullopt;
  const std::string_view target = line.substr(method_end, request.has_version ? version - method_end : npos);
  request.target = std::string(trim_blanks(target));
  const std::string_view version_text = request.has_version ? trim_blanks(line.substr(version)) : "HTTP/0.9";
  request.http10 = !request.has_version || version_text == "HTTP/1.0";
  const bool plain_spaces =
      line[method_end] == ' ' && target.size() == request.target.size() + (request.has_version ? 2 : 1);
  request.odd = !plain_spaces || (version_text != "HTTP/1.1" && version_text != "HTTP/1.0") ||
                request.target.find_first_of(" \t\r") != npos;
  return request;
}

StatusLine parse_status_line(std::string_view line) {
  StatusLine status;
  std::size_t i = line.find('/') + 1;
  const std::size_t version_begin = i;
  while (i < line.size() && !is_space(line[i]) && line[i] != '\0' && line[i] != '\r') ++i;
  const std::string_view version = line.substr(version_begin, i - version_begin);
  status.http10 = version.starts_with("1.0") || version.starts_with("0");
  while (i < line.size() && is_blank(line[i])) ++i;
  const std::size_t digits_begin = i;
  unsigned value = 0;
  while (i < line.size() && is_digit(line[i]) && value < 10000)
    value = value * 10 + static_cast<unsigned>(line[i++] - '0');
  status.status = value < 1000 ? static_cast<std::uint16_t>(value) : 0;
  const bool exact = line.starts_with("HTTP/1.") && version.size() == 3 && i - digits_begin == 3 &&
                     digits_begin == version_begin + 4 && line[digits_begin - 1] == ' ' && value >= 100 && value < 600;
  status.odd = !exact || (i < line.size() && line[i] != ' ');
  return status;
}

LineStart begins_request(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size() && i <= kMethodBytesMax && is_token_char(text[i])) ++i;
  if (i == text.size() && i <= kMethodBytesMax) return LineStart::kNeedMore;
  return i > 0 && i <= kMethodBytesMax && is_space(text[i]) ? LineStart::kYes : LineStart::kNo;
}

LineStart begins_response(std::string_view text) {
  static constexpr std::string_view kVersion = "http/";
  const std::size_t size = std::min(text.size(), kVersion.size());
  if (lower_case(text.substr(0, size)) != kVersion.substr(0, size)) return LineStart::kNo;
  if (text.size() <= kVersion.size()) return LineStart::kNeedMore;
  return is_digit(text[kVersion.size()]) ? LineStart::kYes : LineStart::kNo;
}

std::size_t find_request(std::string_view text) {
  static constexpr std::string_view kVersion = " HTTP/1.";
  for (std::size_t at = text.find(kVersion); at != npos; at = text.find(kVersion, at + 1)) {
    const std::size_t after = at + kVersion.size();
    if (after + 1 >= text.size()) return npos;
    const bool line_ends = is_digit(text[after]) && (text[after + 1] == '\r' || text[after + 1] == '\n');
    const std::size_t start = line_ends ? request_start(text, at) : npos;
    if (start != npos) return start;
  }
  return npos;
}

std::size_t find_response(std::string_view text) {
  static constexpr std::string_view kVersion = "HTTP/1.";
  static constexpr std::size_t kFormBytes = 13;  // "HTTP/1.1 200" and what follows the status
  for (std::size_t at = text.find(kVersion); at != npos; at = text.find(kVersion, at + 1)) {
    const std::string_view line = text.substr(at, kFormBytes);
    if (line.size() < kFormBytes) return npos;
    const bool digits = is_digit(line[7]) && is_digit(line[9]) && is_digit(line[10]) && is_digit(line[11]);
    if (digits && line[8] == ' ' && (line[12] == ' ' || line[12] == '\r' || line[12] == '\n')) return at;
  }
  return npos;
}

}  // namespace sallyport::http
