#include "daemon/protocols/http/message_reader.h"

#include <algorithm>
#include <utility>

#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

/// Bytes that may be needed to tell whether a body is chunked.
constexpr std::size_t kSniffBytesMax = 1024;

constexpr BodyEnd kCutOff{EndReason::kAborted, NotInspected::kAborted};

}  // namespace

MessageReader::MessageReader(Connection& connection, Direction direction, TransferSink& sink)
    : connection_(connection),
      direction_(direction),
      context_{connection.flow.id, sink, connection.config, connection.stats, connection.flow.opened},
      state_(connection.flow.midstream ? State::kResync : State::kHead),
      first_(!connection.flow.midstream) {}

std::size_t MessageReader::push(Bytes bytes, Timestamp time) {
  context_.time = time;
  const std::size_t total = bytes.size();
  while (!bytes.empty() && !connection_.handed_over) bytes = step(bytes);
  return total - bytes.size();
}

Bytes MessageReader::step(Bytes bytes) {
  switch (state_) {
    case State::kHead:
      return read_head(bytes);
    case State::kPeekBody:
      return peek_body(bytes, false);
    case State::kSniff:
      return sniff(bytes, false);
    case State::kLength:
      return read_length(bytes);
    case State::kChunked:
      return read_chunked(bytes);
    case State::kUntilClose:
      body_->take(bytes);
      return {};
    case State::kConnect:
      return read_connect(bytes);
    case State::kResync:
      return resync(bytes);
    case State::kEnded:
      connection_.stats.unparsed_bytes.add(bytes.size());
      break;
  }
  return {};
}

void MessageReader::on_request(const Head& head, const RequestLine& line, bool odd) {
  connection_.stats.requests.add();
  const Exchange exchange = exchange_of(line.method, line.target, head);
  if (connection_.waiting.size() >= connection_.config.requests_queued_max) connection_.waiting.pop_front();
  connection_.waiting.push_back(exchange);
  plan_ = plan_body(head, MessageKind{false, false, line.http10});
  begin_body(head, exchange, 0, odd || line.odd);
  if (!body_ && line.method == "CONNECT") state_ = State::kConnect;
}

void MessageReader::on_response(const Head& head, bool odd) {
  connection_.stats.responses.add();
  connection_.server_heard = true;
  const StatusLine line = parse_status_line(head.start_line);
  const Exchange* request = connection_.waiting.empty() ? nullptr : &connection_.waiting.front();
  const bool interim = line.status >= 100 && line.status < 200 && line.status != 101;
  answers_request_ = !interim;
  if (hands_over(head, request, line.status)) {
    connection_.stats.hand_overs.add();
    connection_.handed_over = true;
    return;
  }
  const bool bodiless = (line.status >= 100 && line.status < 200) || line.status == 204 || line.status == 304 ||
                        (request && request->method == "HEAD");
  plan_ = plan_body(head, MessageKind{true, bodiless, line.http10});
  begin_body(head, request ? *request : Exchange(), line.status, odd || line.odd);
}

/// RFC 9110 9.3.6 and 15.2.2: a 2xx to CONNECT, a 101 to an Upgrade. A 101 that nobody asked for has a body to tolerant
/// clients.
bool MessageReader::hands_over(const Head& head, const Exchange* request, std::uint16_t status) const {
  if (status >= 200 && status < 300 && request && request->method == "CONNECT") return true;
  return status == 101 && (head.find("upgrade") || (request && request->wants_upgrade));
}

void MessageReader::begin_body(const Head& head, const Exchange& exchange, std::uint16_t status, bool odd) {
  odd_noted_ = false;
  if (plan_.kind == BodyKind::kNone && !plan_.maybe_chunked) return end_message({});
  EntityOrigin origin;
  origin.facts = message_facts(connection_.flow, direction_, exchange, status);
  if (plan_.kind == BodyKind::kLength && !plan_.ambiguous && !plan_.maybe_chunked)
    origin.facts.declared_size = plan_.length;
  origin.key = "http1 " + std::to_string(connection_.flow.id.value) + (is_response() ? " response " : " request ") +
               std::to_string(message_number_);
  // Several claimed lengths are all kept until it is known which framing the body has.
  std::vector<std::uint64_t> lengths = plan_.other_lengths;
  if (plan_.maybe_chunked && plan_.kind == BodyKind::kLength) lengths.push_back(plan_.length);
  body_ = std::make_unique<MessageBody>(context_, std::move(origin), head, std::move(lengths));
  if (plan_.ambiguous || odd) note_odd();
  if (!plan_.unexpected) return enter_framing();
  state_ = State::kPeekBody;
}

void MessageReader::enter_framing() {
  if (plan_.maybe_chunked) {
    state_ = State::kSniff;
    return;
  }
  length_left_ = plan_.length;
  state_ = plan_.kind == BodyKind::kLength ? State::kLength : State::kUntilClose;
}

Bytes MessageReader::peek_body(Bytes bytes, bool at_end) {
  if (buffer_.empty() && !at_end) {
    const std::size_t blank = as_text(bytes).find_first_not_of("\r\n");
    if (blank == std::string_view::npos) return {};
    bytes = bytes.subspan(blank);
  }
  static constexpr std::size_t kStartBytes = 6;  // "HTTP/" and a digit
  const Bytes piece = prefix(bytes, kStartBytes - buffer_.size());
  buffer_.append(as_text(piece));
  const LineStart start = begins_response(buffer_);
  if (start == LineStart::kNeedMore && !at_end) return bytes.subspan(piece.size());
  if (start == LineStart::kYes || buffer_.empty()) {
    body_.reset();
    end_message({});
  } else {
    note_odd();
    enter_framing();
  }
  replay_buffer(0);
  return bytes.subspan(piece.size());
}

Bytes MessageReader::sniff(Bytes bytes, bool at_end) {
  const Bytes piece = prefix(bytes, kSniffBytesMax - std::min(kSniffBytesMax, buffer_.size()));
  buffer_.append(as_text(piece));
  const ChunkSniff answer = sniff_chunked(buffer_, plan_.ambiguous, at_end);
  if (answer == ChunkSniff::kNeedMore) return bytes.subspan(piece.size());
  if (answer == ChunkSniff::kYes) {
    enter_chunked();
  } else {
    note_odd();
    plan_.maybe_chunked = false;
    if (plan_.kind == BodyKind::kNone) {
      body_.reset();
      end_message({});
    } else {
      enter_framing();
    }
  }
  replay_buffer(0);
  return bytes.subspan(piece.size());
}

void MessageReader::enter_chunked() {
  chunked_ = ChunkedDecoder();
  state_ = State::kChunked;
}

Bytes MessageReader::read_length(Bytes bytes) {
  const Bytes taken = prefix(bytes, static_cast<std::size_t>(std::min<std::uint64_t>(length_left_, bytes.size())));
  length_left_ -= taken.size();
  body_->take(taken);
  if (length_left_ == 0) end_message({});
  return bytes.subspan(taken.size());
}

Bytes MessageReader::read_chunked(Bytes bytes) {
  const std::size_t taken = chunked_.push(bytes, *body_);
  if (chunked_.odd()) note_odd();
  if (chunked_.failed()) {
    connection_.stats.framing_failures.add();
    end_message({EndReason::kFramingError, NotInspected::kProtocolError});
    lost();
  } else if (chunked_.done()) {
    end_message({});
  }
  return bytes.subspan(taken);
}

/// Only the client is seen: a tunnel is told by a first byte that begins no request.
Bytes MessageReader::read_connect(Bytes bytes) {
  if (connection_.server_heard || is_token_char(static_cast<char>(bytes.front()))) {
    state_ = State::kHead;
  } else {
    connection_.stats.hand_overs.add();
    connection_.handed_over = true;
  }
  return bytes;
}

Bytes MessageReader::resync(Bytes bytes) {
  const Bytes piece = prefix(bytes, 4 * kResyncTailBytes);
  buffer_.append(as_text(piece));
  const std::size_t found = is_response() ? find_response(buffer_) : find_request(buffer_);
  if (found != std::string::npos) {
    connection_.stats.resyncs.add();
    connection_.stats.unparsed_bytes.add(found);
    state_ = State::kHead;
    replay_buffer(found);
  } else if (buffer_.size() > kResyncTailBytes) {
    const std::size_t passed = buffer_.size() - kResyncTailBytes;
    connection_.stats.unparsed_bytes.add(passed);
    buffer_.erase(0, passed);
  }
  return bytes.subspan(piece.size());
}

/// Reads the buffer again from `from` on, in the state that is set now.
void MessageReader::replay_buffer(std::size_t from) {
  const std::string text = std::move(buffer_);
  buffer_.clear();
  Bytes rest = as_byte_span(std::string_view(text).substr(from));
  while (!rest.empty() && !connection_.handed_over) rest = step(rest);
}

void MessageReader::end_message(BodyEnd end) {
  if (body_) body_->finish(end);
  body_.reset();
  state_ = State::kHead;
  if (is_response() && answers_request_ && !connection_.waiting.empty()) connection_.waiting.pop_front();
  answers_request_ = false;
}

void MessageReader::note_odd() {
  if (odd_noted_ || !body_) return;
  odd_noted_ = true;
  connection_.stats.framing_anomalies.add();
  body_->flag(bit(Evasion::kHttpFraming));
}

void MessageReader::reset_start() {
  start_checked_ = start_odd_ = first_ = false;
  head_begin_ = 0;
  head_end_ = HeadEndFinder();
}

/// The place in the framing is lost: look for the next start line.
void MessageReader::lost() {
  state_ = State::kResync;
  reset_start();
  // A response may have been lost too: with several requests waiting, which one comes next is not known any more.
  if (is_response() && connection_.waiting.size() > 1) connection_.waiting.clear();
}

void MessageReader::lose(std::uint64_t size, Timestamp time) {
  context_.time = time;
  connection_.stats.gaps.add();
  if (connection_.handed_over || state_ == State::kEnded) return;
  if (state_ == State::kUntilClose) return body_->lose(size);
  if (state_ == State::kChunked && chunked_.skip(size)) return body_->lose(size);
  if (state_ == State::kLength) {
    const std::uint64_t inside = std::min(size, length_left_);
    body_->lose(inside);
    length_left_ -= inside;
    if (length_left_ == 0) end_message({});
    if (inside == size) return;
  }
  if (body_) end_message({EndReason::kFramingError, NotInspected::kGap});
  buffer_.clear();
  lost();
}

void MessageReader::conflict(Timestamp time) {
  context_.time = time;
  if (body_) body_->flag(bit(Evasion::kTcpOverlap));
}

void MessageReader::half_close(Timestamp time) {
  context_.time = time;
  if (state_ == State::kPeekBody) peek_body({}, true);
  if (state_ == State::kSniff) sniff({}, true);
  if (state_ == State::kHead && !buffer_.empty()) {
    std::size_t head_size = 0;
    if (try_head(head_size, true)) replay_buffer(head_size);
    if (state_ == State::kPeekBody) peek_body({}, true);
    if (state_ == State::kSniff) sniff({}, true);
  }
  if (body_) {
    const bool whole = state_ == State::kUntilClose || (state_ == State::kChunked && chunked_.at_boundary()) ||
                       (state_ != State::kUntilClose && body_->may_end_here());
    if (whole && state_ != State::kUntilClose) note_odd();
    end_message(whole ? BodyEnd{} : kCutOff);
  }
  connection_.stats.unparsed_bytes.add(buffer_.size());
  buffer_.clear();
  state_ = State::kEnded;
}

void MessageReader::abort(BodyEnd end, Timestamp time) {
  context_.time = time;
  if (body_) end_message(end);
  connection_.stats.unparsed_bytes.add(buffer_.size());
  buffer_.clear();
  state_ = State::kEnded;
}

}  // namespace sallyport::http
