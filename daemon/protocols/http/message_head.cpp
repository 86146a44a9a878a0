// The part of MessageReader that finds and reads heads.
#include <algorithm>
#include <utility>

#include "daemon/protocols/http/header_values.h"
#include "daemon/protocols/http/message_reader.h"

namespace sallyport::http {
namespace {

/// Bytes taken into the head buffer at once, so that little of a body is copied into it.
constexpr std::size_t kHeadPieceBytes = 2048;
/// Bytes at the beginning of a response in which "HTTP/" is looked for before it counts as HTTP/0.9; Firefox looks at 1
/// KiB.
constexpr std::size_t kResponseStartBytesMax = 512;
/// Bytes of one request line; targets of more than 64 KiB are refused everywhere.
constexpr std::size_t kRequestLineBytesMax = 128 * 1024;

}  // namespace

Bytes MessageReader::read_head(Bytes bytes) {
  if (buffer_.empty()) {
    const std::size_t blank = as_text(bytes).find_first_not_of("\r\n");
    if (blank == std::string_view::npos) return {};
    bytes = bytes.subspan(blank);
  }
  const std::size_t before = buffer_.size();
  const Bytes piece = prefix(bytes, kHeadPieceBytes);
  buffer_.append(as_text(piece));
  std::size_t head_size = 0;
  if (!try_head(head_size, false)) return bytes.subspan(piece.size());
  if (head_size >= before) {
    buffer_.clear();
    return bytes.subspan(head_size - before);
  }
  // The end was decided by bytes behind it: those of earlier spans are read again.
  const std::string earlier = buffer_.substr(head_size, before - head_size);
  buffer_.clear();
  Bytes rest = as_byte_span(earlier);
  while (!rest.empty() && !connection_.handed_over) rest = step(rest);
  return bytes;
}

/// Reads a head at the beginning of the buffer if it is all there; `head_size` is then what it took of the buffer.
/// False: the buffer was wholly used, or more is needed.
bool MessageReader::try_head(std::size_t& head_size, bool at_end) {
  if (!start_checked_) {
    const Start start = check_start(at_end);
    if (start == Start::kNeedMore) return false;
    if (start == Start::kNo) {
      lost(NotInspected::kProtocolError);
      replay_buffer(0);
      return false;
    }
    if (state_ != State::kHead) return false;
    start_checked_ = true;
  }
  const std::size_t first_line = buffer_.find('\n');
  std::optional<std::size_t> end;
  std::optional<RequestLine> request;
  const std::string_view text = std::string_view(buffer_).substr(head_begin_);
  if (!is_response() && first_line != std::string::npos) {
    request = parse_request_line(trim_blanks(std::string_view(buffer_).substr(0, first_line)));
    if (request && !request->has_version) end = first_line + 1;
  }
  if (!end) end = head_end_.find(text, at_end);
  if (!end && buffer_.size() > connection_.config.header_bytes_max) {
    connection_.stats.oversized_heads.add();
    lost(NotInspected::kOverBudget);
    lost_bytes().skip(as_byte_span(buffer_));
    buffer_.clear();
    return false;
  }
  if (!end) return false;
  head_size = head_begin_ + *end;
  const Head head = parse_head(text.substr(0, *end), true);
  const bool odd = head.odd || head_end_.odd() || start_odd_;
  reset_start();
  ++message_number_;
  if (is_response()) {
    on_response(head, odd);
  } else {
    request = parse_request_line(head.start_line);
    on_request(head, request.value_or(RequestLine()), odd);
  }
  return true;
}

MessageReader::Start MessageReader::check_start(bool at_end) {
  return is_response() ? check_response_start(at_end) : check_request_start(at_end);
}

MessageReader::Start MessageReader::check_request_start(bool at_end) {
  const LineStart start = begins_request(buffer_);
  if (start == LineStart::kNo) return Start::kNo;
  const std::size_t line_end = buffer_.find('\n');
  if (line_end == std::string::npos) {
    return at_end || buffer_.size() > kRequestLineBytesMax ? Start::kNo : Start::kNeedMore;
  }
  const std::string_view line = trim_blanks(std::string_view(buffer_).substr(0, line_end));
  return start == LineStart::kYes && parse_request_line(line) ? Start::kYes : Start::kNo;
}

MessageReader::Start MessageReader::check_response_start(bool at_end) {
  const LineStart start = begins_response(buffer_);
  if (start == LineStart::kYes) return Start::kYes;
  if (start == LineStart::kNeedMore && !at_end) return Start::kNeedMore;
  for (std::size_t i = 1; i < std::min(buffer_.size(), kResponseStartBytesMax); ++i) {
    // Only behind a line end, a blank, a control character or a byte order mark: "see http/1 ..." inside a text is no
    // start line.
    if (!is_blank(buffer_[i - 1]) && buffer_[i - 1] != '\xbf') continue;
    const LineStart here = begins_response(std::string_view(buffer_).substr(i));
    if (here == LineStart::kNo) continue;
    if (here == LineStart::kNeedMore) return at_end ? Start::kNo : Start::kNeedMore;
    head_begin_ = i;
    start_odd_ = true;
    return Start::kYes;
  }
  if (!at_end && buffer_.size() < kResponseStartBytesMax) return Start::kNeedMore;
  if (!first_ || connection_.waiting.empty()) return Start::kNo;
  enter_http09_body();
  return Start::kYes;
}

/// A body without a head: HTTP/0.9, which browsers still show.
void MessageReader::enter_http09_body() {
  first_ = false;
  ++message_number_;
  answers_request_ = true;
  connection_.server_heard = true;
  connection_.stats.responses.add();
  plan_ = BodyPlan{};
  plan_.kind = BodyKind::kUntilClose;
  begin_body(Head(), connection_.waiting.front(), 0, true);
  replay_buffer(0);
}

}  // namespace sallyport::http
