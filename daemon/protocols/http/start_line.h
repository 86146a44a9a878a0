// Request lines and status lines: recognised, taken apart, and found again in a stream whose framing was lost.
// RFC 9112 3 and 4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::http {

struct RequestLine {
  std::string method;
  std::string target;
  bool has_version = false;  ///< false: HTTP/0.9
  bool http10 = false;       ///< version below 1.1
  bool odd = false;
};
/// Nothing for a line that is no request line.
std::optional<RequestLine> parse_request_line(std::string_view line);

struct StatusLine {
  std::uint16_t status = 0;  ///< 0 where there is none, or no three-digit number
  bool http10 = false;
  bool odd = false;
};
/// For a line that starts with "HTTP/", in whatever case.
StatusLine parse_status_line(std::string_view line);

enum class LineStart : std::uint8_t { kNo, kYes, kNeedMore };
/// Whether a message of a client may begin with `text`.
LineStart begins_request(std::string_view text);
/// Whether a message of a server begins with `text`: "HTTP/" and a digit.
LineStart begins_response(std::string_view text);

/// The place of the first plausible start line, for finding the way again; npos where there is none.
std::size_t find_request(std::string_view text);
std::size_t find_response(std::string_view text);

/// Bytes at the end of a searched text that must be kept, because a start line may reach beyond it.
inline constexpr std::size_t kResyncTailBytes = 8 * 1024;

}  // namespace sallyport::http
