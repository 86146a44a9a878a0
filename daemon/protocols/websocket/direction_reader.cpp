#include "daemon/protocols/websocket/direction_reader.h"

#include <algorithm>
#include <utility>

#include "daemon/protocols/http/header_values.h"

namespace sallyport::websocket {
namespace {

/// Bytes of masked payload that are unmasked at once, on the stack.
constexpr std::size_t kUnmaskBytes = 8192;
/// Bytes of the server's HTTP head that are read over.
constexpr std::size_t kAnswerBytesMax = 65536;
/// The expansion ratio is taken over whole blocks of input, so that it does not depend on how the input was cut.
constexpr std::uint64_t kRatioBlockBytes = 4096;

constexpr std::string_view kAnswerStart = "HTTP/";

}  // namespace

DirectionReader::DirectionReader(Connection& connection, http::EntityContext context, Direction direction,
                                 bool reads_answer)
    : connection_(connection),
      context_(context),
      direction_(direction),
      state_(reads_answer ? State::kAnswer : State::kHeader),
      joined_(context_, connection.config, connection.stats) {}

void DirectionReader::push(Bytes bytes, Timestamp time) {
  context_.time = time;
  while (!bytes.empty() && !finished_) bytes = step(bytes);
}

Bytes DirectionReader::step(Bytes bytes) {
  switch (state_) {
    case State::kAnswer:
      return read_answer(bytes);
    case State::kHeader:
      return read_header(bytes);
    case State::kPayload:
      return read_payload(bytes);
    case State::kLost:
      read_lost(bytes);
  }
  return {};
}

/// The client did not wait for the server's 101, so it comes here.
Bytes DirectionReader::read_answer(Bytes bytes) {
  const std::size_t before = answer_.size();
  answer_.append(as_text(prefix(bytes, kAnswerBytesMax - before)));
  const std::size_t compared = std::min(answer_.size(), kAnswerStart.size());
  const bool is_head = std::string_view(answer_).substr(0, compared) == kAnswerStart.substr(0, compared);
  const std::size_t end = answer_.find("\r\n\r\n");
  if (is_head && end == std::string::npos && answer_.size() < kAnswerBytesMax) return {};
  state_ = State::kHeader;
  const std::string answer = std::exchange(answer_, {});
  if (is_head && end != std::string::npos) {
    const http::Head head = http::parse_head(std::string_view(answer).substr(0, end + 4), true);
    connection_.handshake = parse_extensions(head.value("sec-websocket-extensions"));
    return bytes.subspan(end + 4 - before);
  }
  Bytes rest = as_byte_span(answer);
  while (!rest.empty()) rest = step(rest);
  return bytes.subspan(answer.size() - before);
}

Bytes DirectionReader::read_header(Bytes bytes) {
  for (;;) {
    const std::size_t wanted = frame_header_bytes(Bytes(header_).first(header_size_));
    if (header_size_ == wanted) break;
    const Bytes piece = prefix(bytes, wanted - header_size_);
    if (piece.empty()) return {};
    std::copy(piece.begin(), piece.end(), header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
    header_size_ += piece.size();
    bytes = bytes.subspan(piece.size());
  }
  frame_ = parse_frame_header(Bytes(header_).first(header_size_));
  header_size_ = 0;
  position_ = 0;
  state_ = State::kPayload;
  begin_frame();
  if (frame_.length == 0) end_frame();
  return bytes;
}

/// A control frame is not part of the message around it. One that is too long for a control frame may carry anything,
/// and so may one of no known kind: they are messages of their own.
bool DirectionReader::carries_message() const {
  return frame_.opcode <= kBinary || !frame_.is_known() || frame_.length > kControlBytesMax;
}

/// RFC 6455 5.1 to 5.5: what an endpoint would close the connection for.
bool DirectionReader::is_odd_frame() const {
  const bool goes_on = frame_.opcode == kContinuation;
  const bool wrong_mask = frame_.masked != (direction_ == Direction::kClientToServer);
  const bool wrong_rsv1 = frame_.rsv1 && (goes_on || frame_.is_control());
  const bool wrong_control = frame_.is_control() && (!frame_.fin || frame_.length > kControlBytesMax);
  const bool wrong_place = frame_.opcode <= kBinary && goes_on != in_message_;
  return frame_.odd || wrong_mask || wrong_rsv1 || wrong_control || wrong_place || frame_.rsv_other ||
         !frame_.is_known();
}

void DirectionReader::begin_frame() {
  const bool odd = is_odd_frame();
  if (!carries_message()) {
    connection_.stats.control_frames.add();
    return;
  }
  if (frame_.opcode != kContinuation || !in_message_) begin_message();
  if (odd && !is_odd_) {
    is_odd_ = true;
    connection_.stats.framing_anomalies.add();
    body_->flag(bit(Evasion::kHttpFraming));
    joined_.flag(bit(Evasion::kHttpFraming));
  }
}

http::EntityOrigin DirectionReader::origin(const std::string& what) const {
  http::EntityOrigin of;
  of.facts = http::message_facts(connection_.flow, direction_, connection_.upgrade.request, 0);
  of.facts.protocol = Protocol::kWebSocket;
  of.facts.inside = "websocket";
  const std::string& stream = connection_.upgrade.stream;
  of.key = "websocket " + std::to_string(connection_.flow.id.value) + (stream.empty() ? "" : " " + stream) +
           (direction_ == Direction::kClientToServer ? " up " : " down ") + what;
  return of;
}

void DirectionReader::begin_message() {
  if (in_message_) {
    body_->flag(bit(Evasion::kHttpFraming));
    cut_message({EndReason::kAborted, NotInspected::kAborted});
  }
  in_message_ = true;
  is_binary_ = frame_.opcode != kText;
  is_compressed_ = frame_.rsv1;
  is_odd_ = too_large_ = false;
  failure_.reset();
  taken_ = made_ = 0;
  const http::EntityOrigin of = origin(std::to_string(++message_number_));
  body_ = std::make_unique<http::Entity>(context_, of, http::Head());
  if (is_binary_) joined_.begin_message(of);
  const bool unknown =
      frame_.rsv_other || (frame_.rsv1 && connection_.handshake.known && !connection_.handshake.deflate);
  if (unknown) {
    is_compressed_ = false;
    failure_ = NotInspected::kUnknownCoding;
  }
  if (is_compressed_) connection_.stats.inflated_messages.add();
  if (is_compressed_ && context_lost_) fail(NotInspected::kGap);
}

Bytes DirectionReader::read_payload(Bytes bytes) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(frame_.length - position_, bytes.size()));
  Bytes payload = bytes.first(size);
  if (!carries_message() || !frame_.masked) {
    if (carries_message()) message_bytes(payload);
    position_ += size;
  } else {
    std::array<std::byte, kUnmaskBytes> plain;
    while (!payload.empty()) {
      const Bytes piece = prefix(payload, kUnmaskBytes);
      unmask(piece, frame_.key, position_, plain.data());
      message_bytes(Bytes(plain).first(piece.size()));
      position_ += piece.size();
      payload = payload.subspan(piece.size());
    }
  }
  if (position_ == frame_.length) end_frame();
  return bytes.subspan(size);
}

void DirectionReader::message_bytes(Bytes bytes) {
  if (taken_ == 0) connection_.stats.messages.add();
  if (is_compressed_) return inflate(bytes);
  taken_ += bytes.size();
  take(bytes);
}

void DirectionReader::inflate(Bytes bytes) {
  if (!inflater_) inflater_ = std::make_unique<MessageInflater>();
  while (!bytes.empty() && !failure_) {
    const Bytes piece = prefix(bytes, static_cast<std::size_t>(kRatioBlockBytes - taken_ % kRatioBlockBytes));
    bytes = bytes.subspan(piece.size());
    taken_ += piece.size();
    if (!inflater_->push(piece, *this)) fail(inflate_failure());
  }
  taken_ += bytes.size();
}

/// Bytes of the message with compression taken off.
bool DirectionReader::take(Bytes bytes) {
  std::uint64_t allowed = made_ + bytes.size();
  if (is_compressed_) {
    const http::HttpConfig& config = context_.config;
    const std::uint64_t blocks = (taken_ + kRatioBlockBytes - 1) / kRatioBlockBytes;
    allowed = std::min(std::max(config.expansion_floor_bytes, blocks * kRatioBlockBytes * config.expansion_ratio_max),
                       config.expansion_bytes_max);
  }
  const Bytes within = prefix(bytes, static_cast<std::size_t>(allowed - std::min(allowed, made_)));
  made_ += within.size();
  body_->push(within);
  if (is_binary_) joined_.push(within);
  if (within.size() == bytes.size()) return true;
  too_large_ = true;  // the inflater that calls this is ended when it has returned
  return false;
}

NotInspected DirectionReader::inflate_failure() {
  if (!too_large_) return NotInspected::kUnknownCoding;
  connection_.stats.expansion_limits.add();
  return NotInspected::kExpansionLimit;
}

/// The rest of this message, and where context goes on that of later ones, cannot be read.
void DirectionReader::fail(NotInspected reason) {
  if (failure_) return;
  failure_ = reason;
  if (!is_compressed_) return;
  connection_.stats.inflate_failures.add();
  context_lost_ = !connection_.handshake.no_context[index_of(direction_)];
  inflater_.reset();
  body_->lose_rest(reason);
  joined_.give_up();
}

void DirectionReader::end_frame() {
  state_ = State::kHeader;
  if (!carries_message()) return;
  const bool ends = frame_.fin || frame_.opcode > kBinary;
  if (ends && in_message_) end_message();
}

void DirectionReader::end_message() {
  if (is_compressed_ && !failure_ && taken_ > 0 && !inflater_->end_message(*this)) fail(inflate_failure());
  body_->finish({EndReason::kComplete, failure_});
  if (is_binary_) joined_.end_message();
  body_.reset();
  in_message_ = false;
  if (connection_.handshake.no_context[index_of(direction_)]) inflater_.reset();
}

void DirectionReader::cut_message(http::BodyEnd end) {
  joined_.give_up();
  if (body_) body_->finish(end);
  body_.reset();
  in_message_ = false;
}

void DirectionReader::lose(std::uint64_t size, Timestamp time) {
  context_.time = time;
  connection_.stats.gaps.add();
  if (finished_) return;
  if (state_ == State::kPayload) {
    const std::uint64_t inside = std::min(size, frame_.length - position_);
    lose_payload(inside);
    if (position_ == frame_.length) end_frame();
    if (inside == size && size > 0) return;
    size -= inside;
  }
  lose_frames(size);
}

void DirectionReader::lose_payload(std::uint64_t size) {
  position_ += size;
  if (!carries_message() || size == 0) return;
  if (is_compressed_) return fail(NotInspected::kGap);
  taken_ += size;
  made_ += size;
  body_->lose(size);
  joined_.give_up();
}

/// Nothing tells a frame header from other bytes, so framing is not looked for again.
void DirectionReader::lose_frames(std::uint64_t size) {
  if (in_message_) cut_message({EndReason::kFramingError, NotInspected::kGap});
  joined_.give_up();
  if (state_ != State::kLost) {
    connection_.stats.framing_losses.add();
    state_ = State::kLost;
    const http::EntityOrigin of = origin("rest");
    TransferFacts facts = of.facts;
    facts.opaque = NotInspected::kGap;
    rest_ = context_.sink.begin({of.key, false, false}, facts, context_.flow, context_.time).id;
  }
  context_.sink.hole(rest_, rest_size_, size, NotInspected::kGap);
  rest_size_ += size;
}

void DirectionReader::read_lost(Bytes bytes) {
  context_.sink.pass(rest_, rest_size_, bytes.size(), context_.flow, context_.time);
  rest_size_ += bytes.size();
}

void DirectionReader::conflict(Timestamp time) {
  context_.time = time;
  if (body_) body_->flag(bit(Evasion::kTcpOverlap));
  joined_.flag(bit(Evasion::kTcpOverlap));
  if (rest_) context_.sink.flag(rest_, bit(Evasion::kTcpOverlap));
}

void DirectionReader::finish(http::BodyEnd end, Timestamp time) {
  context_.time = time;
  if (std::exchange(finished_, true)) return;
  if (in_message_) cut_message(end);
  joined_.give_up();
  if (rest_) context_.sink.end(rest_, EndReason::kConnectionClosed, NotInspected::kGap, context_.flow, time);
}

}  // namespace sallyport::websocket
