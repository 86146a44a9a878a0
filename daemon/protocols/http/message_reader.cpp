#include "daemon/protocols/http/message_reader.h"

#include <algorithm>
#include <utility>

#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

/// Bytes that may be needed to tell whether a body is chunked.
constexpr std::size_t kSniffBytesMax = 1024;

/// Bytes of a new protocol that are kept until the answer to the Upgrade comes: what a client may send in one round
/// trip.
constexpr std::size_t kEarlyBytesMax = 65536;
/// Bytes that tell a request line from a frame.
constexpr std::size_t kEarlyStartBytes = 4;

constexpr BodyEnd kCutOff{EndReason::kAborted, NotInspected::kAborted};

/// Protocols that a client could begin without waiting for the answer.
bool names_protocol(std::string_view upgrade) {
  return upgrade.find("websocket") != std::string_view::npos || upgrade.find("h2c") != std::string_view::npos;
}

/// "PRI " is the preface of HTTP/2 (RFC 9113 3.4). A WebSocket frame of a client may begin with a letter, but its
/// second byte has the mask bit (RFC 6455 5.2).
bool begins_request_line(std::string_view text) {
  if (text.starts_with("PRI ")) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_token_char(c) || is_blank(c); });
}

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
  while (!bytes.empty() && !connection_.handed_over) {
    const std::size_t before = bytes.size();
    message_ended_ = false;
    bytes = step(bytes);
    position_ += static_cast<std::int64_t>(before - bytes.size());
    if (message_ended_) message_begin_ = position_;
  }
  push_begin_ = position_;
  return total - bytes.size();
}

std::optional<std::int64_t> MessageReader::message_place() const {
  // A message without a body, by the rules: what comes next would tell whether it has one all the same.
  if (state_ == State::kPeekBody && buffer_.empty() && plan_.unexpected) return position_ - push_begin_;
  const bool is_known = state_ == State::kHead || state_ == State::kLength || state_ == State::kChunked ||
                        state_ == State::kSniff || state_ == State::kUntilClose;
  return is_known ? std::optional(message_begin_ - push_begin_) : std::nullopt;
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
    case State::kUpgrade:
      return read_upgrade(bytes);
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
  Exchange exchange = exchange_of(line.method, line.target, head);
  const TransferFacts facts = message_facts(connection_.flow, direction_, exchange, 0);
  upload_ = exchange.upload = make_upload_exchange(facts, head, message_key());
  if (connection_.waiting.size() >= connection_.config.requests_queued_max) connection_.waiting.pop_front();
  connection_.waiting.push_back(exchange);
  plan_ = plan_body(head, MessageKind{false, false, line.http10});
  awaits_upgrade_ = names_protocol(exchange.upgrade);
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
  if (request) hear_reply(*request, line.status, head);
  if (hands_over(head, request, line.status)) {
    hand_over(request, &head);
    return;
  }
  const bool bodiless = (line.status >= 100 && line.status < 200) || line.status == 204 || line.status == 304 ||
                        (request && request->method == "HEAD");
  plan_ = plan_body(head, MessageKind{true, bodiless, line.http10});
  begin_body(head, request ? *request : Exchange(), line.status, odd || line.odd);
}

void MessageReader::hear_reply(const Exchange& request, std::uint16_t status, const Head& head) {
  if (request.upload) request.upload->on_reply(context_, status, head);
  if (request.method != "HEAD" || status < 200 || status >= 300) return;
  learn_upload_size(context_, message_facts(connection_.flow, Direction::kClientToServer, request, 0), head);
}

std::string MessageReader::message_key() const {
  return "http1 " + std::to_string(connection_.flow.id.value) + (is_response() ? " response " : " request ") +
         std::to_string(message_number_);
}

/// RFC 9110 9.3.6 and 15.2.2: a 2xx to CONNECT, a 101 to an Upgrade. A 101 that nobody asked for has a body to tolerant
/// clients.
bool MessageReader::hands_over(const Head& head, const Exchange* request, std::uint16_t status) const {
  if (status >= 200 && status < 300 && request && request->method == "CONNECT") return true;
  return status == 101 && (head.find("upgrade") || (request && !request->upgrade.empty()));
}

void MessageReader::begin_body(const Head& head, const Exchange& exchange, std::uint16_t status, bool odd) {
  odd_noted_ = false;
  if (plan_.kind == BodyKind::kNone && !plan_.maybe_chunked) return end_message({});
  EntityOrigin origin;
  origin.facts = message_facts(connection_.flow, direction_, exchange, status);
  if (plan_.kind == BodyKind::kLength && !plan_.ambiguous && !plan_.maybe_chunked)
    origin.facts.declared_size = plan_.length;
  origin.key = message_key();
  origin.upload = upload_;
  // Several claimed lengths are all kept until it is known which framing the body has.
  std::vector<std::uint64_t> lengths = plan_.other_lengths;
  if (plan_.maybe_chunked && plan_.kind == BodyKind::kLength) lengths.push_back(plan_.length);
  body_ = std::make_unique<MessageBody>(context_, std::move(origin), head, std::move(lengths));
  const bool is_empty = plan_.kind == BodyKind::kNone || (plan_.kind == BodyKind::kLength && plan_.length == 0);
  if (is_response() && connection_.config.responses_begin_at_head && !is_empty && !plan_.unexpected) body_->announce();
  if (plan_.ambiguous || odd) note_odd();
  // A response to a request that was not seen may answer a HEAD.
  const bool unasked = is_response() && connection_.waiting.empty();
  if (!plan_.unexpected && !unasked) return enter_framing();
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
    if (plan_.unexpected) note_odd();
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
    lost(NotInspected::kProtocolError);
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
    hand_over(nullptr, nullptr);
  }
  return bytes;
}

/// The client need not have waited for the answer: what begins no request is kept for the new protocol.
Bytes MessageReader::read_upgrade(Bytes bytes) {
  ByteBuffer& early = connection_.early;
  if (early.size() + bytes.size() < kEarlyStartBytes && !connection_.waiting.empty()) {
    append(early, bytes);
    return {};
  }
  ByteBuffer start = early;
  append(start, prefix(bytes, kEarlyStartBytes));
  if (connection_.waiting.empty() || begins_request_line(as_text(start).substr(0, kEarlyStartBytes))) {
    awaits_upgrade_ = false;
    state_ = State::kHead;
    buffer_.assign(as_text(early));
    early = {};
    replay_buffer(0);
    return bytes;
  }
  const Bytes piece = prefix(bytes, kEarlyBytesMax - early.size());
  append(early, piece);
  if (early.size() == kEarlyBytesMax) hand_over(&connection_.waiting.back(), nullptr);
  return bytes.subspan(piece.size());
}

void MessageReader::settle_upgrade() {
  const bool began = state_ == State::kUpgrade && connection_.early.size() >= kEarlyStartBytes;
  if (began && !connection_.waiting.empty() && !connection_.handed_over)
    hand_over(&connection_.waiting.back(), nullptr);
}

/// Everything behind this place is another protocol; `answer` is the head that agreed to it, where it was seen.
void MessageReader::hand_over(const Exchange* request, const Head* answer) {
  connection_.stats.hand_overs.add();
  connection_.handed_over = true;
  Upgrade upgrade;
  if (request) upgrade.request = *request;
  upgrade.answer_seen = answer != nullptr;
  if (answer) upgrade.extensions = bounded_name(answer->value("sec-websocket-extensions"));
  upgrade.protocol = answer ? bounded_name(lower_case(answer->value("upgrade"))) : std::string();
  if (upgrade.protocol.empty() && request) upgrade.protocol = request->upgrade;
  if (!upgrade.protocol.empty()) connection_.upgrade = std::move(upgrade);
}

Bytes MessageReader::resync(Bytes bytes) {
  const Bytes piece = prefix(bytes, 4 * kResyncTailBytes);
  buffer_.append(as_text(piece));
  const std::size_t found = is_response() ? find_response(buffer_) : find_request(buffer_);
  if (found != std::string::npos) {
    connection_.stats.resyncs.add();
    connection_.stats.unparsed_bytes.add(found);
    if (found > 0) lost_bytes().skip(as_byte_span(std::string_view(buffer_).substr(0, found)));
    state_ = State::kHead;
    replay_buffer(found);
  } else if (buffer_.size() > kResyncTailBytes) {
    const std::size_t passed = buffer_.size() - kResyncTailBytes;
    connection_.stats.unparsed_bytes.add(passed);
    lost_bytes().skip(as_byte_span(std::string_view(buffer_).substr(0, passed)));
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
  message_ended_ = true;
  const bool had_body = body_ && !body_->is_empty();
  if (body_) body_->finish(end);
  body_.reset();
  if (upload_ && end.reason == EndReason::kComplete) upload_->on_request_end(context_, had_body);
  upload_.reset();
  state_ = awaits_upgrade_ ? State::kUpgrade : State::kHead;
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
void MessageReader::lost(NotInspected reason) {
  state_ = State::kResync;
  lost_reason_ = reason;
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
    size -= inside;
    if (size == 0) return;
  }
  if (body_) end_message({EndReason::kFramingError, NotInspected::kGap});
  lost(NotInspected::kGap);
  if (!buffer_.empty()) lost_bytes().skip(as_byte_span(buffer_));
  lost_bytes().lose(size);
  buffer_.clear();
}

LostBytes& MessageReader::lost_bytes() {
  if (!lost_bytes_) {
    const std::string key = "http1 " + std::to_string(connection_.flow.id.value) +
                            (is_response() ? " responses" : " requests") + " lost " + std::to_string(message_number_);
    lost_bytes_ =
        std::make_unique<LostBytes>(context_, message_facts(connection_.flow, direction_, {}, 0), key, lost_reason_);
  }
  return *lost_bytes_;
}

void MessageReader::conflict(Timestamp time) {
  context_.time = time;
  if (body_) body_->flag(bit(Evasion::kTcpOverlap));
}

void MessageReader::half_close(Timestamp time) {
  context_.time = time;
  settle_upgrade();
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
  end_lost();
}

/// No more will come. What is left over in a head is no body; behind a loss it may have been.
void MessageReader::end_lost() {
  connection_.stats.unparsed_bytes.add(buffer_.size());
  if (state_ == State::kResync && !buffer_.empty()) lost_bytes().skip(as_byte_span(buffer_));
  end_lost_bytes();
  buffer_.clear();
  state_ = State::kEnded;
}

void MessageReader::end_lost_bytes() {
  if (lost_bytes_) lost_bytes_->end();
  lost_bytes_.reset();
}

void MessageReader::tell_unheard() {
  if (connection_.server_heard) return;
  connection_.waiting.for_each([this](const Exchange& request) {
    if (request.upload) request.upload->on_unheard(context_);
  });
}

void MessageReader::abort(BodyEnd end, Timestamp time) {
  context_.time = time;
  if (body_) end_message(end);
  reset_start();
  awaits_upgrade_ = answers_request_ = false;
  end_lost();
}

}  // namespace sallyport::http
