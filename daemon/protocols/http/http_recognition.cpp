#include "daemon/protocols/http/http_recognition.h"

#include <algorithm>

#include "daemon/protocols/http/http_headers.h"
#include "daemon/protocols/http/start_line.h"

namespace sallyport::http {
namespace {

/// Bytes of a server's first line that may be junk; browsers look no further for "HTTP/".
constexpr std::size_t kJunkBytesMax = 64;

Recognition recognise_request(std::string_view text) {
  static constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0";
  if (text.starts_with(kHttp2Preface)) return Recognition::kNo;
  const LineStart start = begins_request(text);
  if (start == LineStart::kNo) return Recognition::kNo;
  const std::size_t line_end = text.find('\n');
  if (start == LineStart::kNeedMore || line_end == std::string_view::npos) {
    const bool binary = std::any_of(text.begin(), text.end(), [](char c) { return c == '\0'; });
    return binary ? Recognition::kNo : Recognition::kMaybe;
  }
  const auto request = parse_request_line(trim_blanks(text.substr(0, line_end)));
  return request ? Recognition::kYes : Recognition::kNo;
}

Recognition recognise_response(std::string_view text) {
  const LineStart start = begins_response(text);
  if (start == LineStart::kYes) return Recognition::kYes;
  if (start == LineStart::kNeedMore) return Recognition::kMaybe;
  const std::string_view window = text.substr(0, kJunkBytesMax);
  const std::size_t response = find_response(window);
  if (response != std::string_view::npos) return Recognition::kYes;
  const bool text_so_far =
      std::all_of(window.begin(), window.end(), [](char c) { return is_blank(c) || (c >= ' ' && c < '\x7f'); });
  return text_so_far && window.size() < kJunkBytesMax ? Recognition::kMaybe : Recognition::kNo;
}

}  // namespace

Recognition recognise_http1(Direction direction, Bytes prefix) {
  std::string_view text = as_text(prefix);
  const std::size_t begin = text.find_first_not_of("\r\n");
  if (begin == std::string_view::npos) return Recognition::kMaybe;
  text.remove_prefix(begin);
  return direction == Direction::kClientToServer ? recognise_request(text) : recognise_response(text);
}

}  // namespace sallyport::http
