#include "daemon/protocols/http/multipart.h"

#include <string.h>

#include <algorithm>
#include <utility>

namespace sallyport::http {
namespace {

/// Preambles are a line for readers without MIME; with more than this before the first delimiter it is no multipart
/// body.
constexpr std::size_t kPreambleBytesMax = 4096;
/// Blanks that may stand between a delimiter and the end of its line (RFC 2046 5.1.1, transport-padding).
constexpr std::size_t kPaddingBytesMax = 256;

constexpr std::size_t npos = std::string_view::npos;

std::size_t find_needle(Bytes bytes, std::string_view needle) {
  const void* found = memmem(bytes.data(), bytes.size(), needle.data(), needle.size());
  return found ? static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data()) : npos;
}

/// How many bytes at the end of `bytes` may begin CR, `needle`.
std::size_t open_tail(Bytes bytes, std::string_view needle) {
  const std::string_view text = as_text(bytes);
  std::size_t tail = std::min(needle.size() - 1, text.size());
  while (tail > 0 && text.substr(text.size() - tail) != needle.substr(0, tail)) --tail;
  if (text.size() > tail && text[text.size() - tail - 1] == '\r') ++tail;
  return tail;
}

}  // namespace

MultipartParser::MultipartParser(std::string boundary, std::size_t header_bytes_max, PartHandler& handler)
    : header_bytes_max_(header_bytes_max),
      handler_(handler),
      state_(boundary.empty() ? State::kFirstLine : State::kPreamble) {
  set_boundary(boundary);
}

void MultipartParser::set_boundary(std::string_view boundary) {
  needle_ = "\n--" + std::string(boundary.substr(0, kBoundaryBytesMax));
  carry_.assign(1, std::byte{'\n'});
  at_body_start_ = true;
}

void MultipartParser::push(Bytes bytes) {
  while (!bytes.empty() && state_ != State::kFailed) {
    switch (state_) {
      case State::kFirstLine:
        bytes = read_first_line(bytes);
        break;
      case State::kDelimiterLine:
        bytes = read_delimiter_line(bytes);
        break;
      case State::kHead:
        bytes = read_head(bytes);
        break;
      default:
        bytes = read_until_delimiter(bytes);
        break;
    }
  }
  if (state_ != State::kFailed) return;
  give_carried(std::exchange(carry_, {}));
  append(held_, bytes);
}

Bytes MultipartParser::read_first_line(Bytes bytes) {
  const std::size_t end = as_text(bytes).find('\n');
  const Bytes taken = prefix(bytes, end == npos ? bytes.size() : end + 1);
  append(held_, prefix(taken, kPreambleBytesMax));
  const std::string_view line = trim_blanks(as_text(held_));
  if (end != npos && line.size() > 2 && line.starts_with("--")) {
    odd_ = true;
    state_ = State::kPreamble;
    set_boundary(line.substr(2));
    const ByteBuffer first_line = std::move(held_);
    held_ = {};
    push(first_line);
  } else if (end != npos || held_.size() > kBoundaryBytesMax + 4) {
    state_ = State::kFailed;
    return bytes.subspan(std::min(taken.size(), kPreambleBytesMax));
  }
  return bytes.subspan(taken.size());
}

Bytes MultipartParser::read_until_delimiter(Bytes bytes) {
  if (!carry_.empty() && resolve_carry(bytes)) return bytes;
  const std::size_t place = find_needle(bytes, needle_);
  if (place != npos) {
    const bool has_cr = place > 0 && bytes[place - 1] == std::byte{'\r'};
    give(bytes.first(place - (has_cr ? 1 : 0)));
    if (state_ == State::kFailed) return bytes.subspan(place - (has_cr ? 1 : 0));
    delimiter_had_cr_ = has_cr;
    enter_delimiter_line();
    return bytes.subspan(place + needle_.size());
  }
  const std::size_t tail = open_tail(bytes, needle_);
  give(bytes.first(bytes.size() - tail));
  append(carry_, bytes.last(tail));
  return {};
}

/// Decides about the carried bytes with the help of `bytes`. True: `bytes` were taken so far that the state is to be
/// looked at anew; false: the carry was no delimiter and is given out, `bytes` are untouched.
bool MultipartParser::resolve_carry(Bytes& bytes) {
  ByteBuffer window = std::move(carry_);
  carry_ = {};
  const std::size_t carried = window.size();
  append(window, prefix(bytes, needle_.size()));
  const std::size_t place = find_needle(window, needle_);
  if (place != npos) {
    const bool has_cr = place > 0 && window[place - 1] == std::byte{'\r'};
    if (place > 0) give_carried(Bytes(window).first(place - (has_cr ? 1 : 0)));
    delimiter_had_cr_ = has_cr;
    if (state_ == State::kFailed) {
      append(held_, Bytes(window).subspan(place - (has_cr ? 1 : 0), carried - (place - (has_cr ? 1 : 0))));
      return true;
    }
    enter_delimiter_line();
    bytes = bytes.subspan(place + needle_.size() - carried);
    return true;
  }
  const std::size_t tail = open_tail(window, needle_);
  if (window.size() - tail >= carried) {
    // The delimiter cannot begin inside the carry any more.
    give_carried(Bytes(window).first(carried));
    return state_ == State::kFailed;
  }
  // Only a span shorter than a delimiter leaves it open: all of it is in the window.
  if (window.size() > tail) give_carried(Bytes(window).first(window.size() - tail));
  append(carry_, Bytes(window).last(tail));
  bytes = {};
  return true;
}

/// Gives bytes that were carried; at the start of a body the first of them is the line feed that we put there.
void MultipartParser::give_carried(Bytes bytes) {
  if (at_body_start_ && !bytes.empty()) bytes = bytes.subspan(1);
  at_body_start_ = false;
  give(bytes);
}

void MultipartParser::enter_delimiter_line() {
  before_delimiter_ = state_;
  state_ = State::kDelimiterLine;
  line_.clear();
}

Bytes MultipartParser::read_delimiter_line(Bytes bytes) {
  while (!bytes.empty() && state_ == State::kDelimiterLine) {
    const char c = static_cast<char>(bytes.front());
    line_.push_back(c);
    const bool closing = line_ == "--";
    const bool padding = c == ' ' || c == '\t' || c == '\r' || c == '\n' || (c == '-' && line_.size() == 1);
    if (!closing && (!padding || line_.size() > kPaddingBytesMax || (line_.size() > 1 && line_[0] == '-'))) {
      bytes = bytes.subspan(1);
      reject_delimiter_line();
      return bytes;
    }
    bytes = bytes.subspan(1);
    if (!closing && c != '\n') continue;
    if (before_delimiter_ == State::kBody) handler_.part_end();
    odd_ = odd_ || (closed_ && !closing);
    closed_ = closing;
    at_body_start_ = false;
    held_ = {};
    head_text_.clear();
    head_end_ = HeadEndFinder();
    state_ = closing ? State::kEpilogue : State::kHead;
  }
  return bytes;
}

/// What looked like a delimiter is the beginning of a longer line: it belongs to the part.
void MultipartParser::reject_delimiter_line() {
  state_ = before_delimiter_;
  std::string text = (delimiter_had_cr_ ? "\r" : "") + needle_;
  if (at_body_start_) text.erase(0, 1);
  at_body_start_ = false;
  give(as_byte_span(text));
  const std::string line = std::move(line_);
  line_.clear();
  if (state_ != State::kFailed) {
    push(as_byte_span(line));
  } else {
    append(held_, as_byte_span(line));
  }
}

Bytes MultipartParser::read_head(Bytes bytes) {
  const std::size_t room = header_bytes_max_ - head_text_.size();
  const Bytes taken = prefix(bytes, room);
  const std::size_t before = head_text_.size();
  head_text_.append(as_text(taken));
  auto end = head_end_.find(head_text_, false);
  if (!end && head_text_.size() >= header_bytes_max_) {
    odd_ = true;
    end = head_text_.size();
  }
  if (!end) return {};
  odd_ = odd_ || head_end_.odd();
  if (*end >= before) {
    begin_part(std::string_view(head_text_).substr(0, *end));
    return bytes.subspan(*end - before);
  }
  // A doubtful end was decided by bytes behind it, which an earlier span brought.
  const std::string text = std::move(head_text_);
  head_text_ = {};
  begin_part(std::string_view(text).substr(0, *end));
  push(as_byte_span(std::string_view(text).substr(*end, before - *end)));
  return bytes;
}

void MultipartParser::begin_part(std::string_view head_text) {
  state_ = State::kBody;
  // An empty part may be closed by a delimiter whose line feed is the one that ended its head.
  carry_.assign(1, std::byte{'\n'});
  at_body_start_ = true;
  handler_.part_begin(parse_head(head_text, false));
}

void MultipartParser::give(Bytes bytes) {
  if (bytes.empty()) return;
  if (state_ == State::kBody) {
    handler_.part_bytes(bytes);
  } else if (in_preamble() || failed()) {
    append(held_, bytes);
    if (held_.size() > kPreambleBytesMax) state_ = State::kFailed;
  }
}

std::size_t MultipartParser::lose() {
  if (state_ == State::kFirstLine) {
    state_ = State::kFailed;
    return 0;
  }
  const std::size_t dropped = held_.size() + carry_.size() - (at_body_start_ && !carry_.empty() ? 1 : 0);
  held_ = {};
  line_.clear();
  head_text_.clear();
  state_ = State::kBody;
  // The first byte behind the gap may begin a delimiter: its line feed may be what was lost.
  carry_.assign(1, std::byte{'\n'});
  at_body_start_ = true;
  return dropped;
}

void MultipartParser::cut() {
  give_carried(std::exchange(carry_, {}));
  if (state_ == State::kHead) begin_part({});
  if (state_ == State::kDelimiterLine) reject_delimiter_line();
}

void MultipartParser::finish() {
  if (state_ == State::kDelimiterLine && line_.empty() && before_delimiter_ == State::kBody) {
    odd_ = true;
    handler_.part_end();
    state_ = State::kEpilogue;
    return;
  }
  cut();
  if (in_preamble()) state_ = State::kFailed;
  if (state_ != State::kBody) return;
  odd_ = true;
  handler_.part_end();
  state_ = State::kEpilogue;
}

}  // namespace sallyport::http
