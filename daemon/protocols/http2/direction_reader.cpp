#include "daemon/protocols/http2/direction_reader.h"

#include <utility>

#include "daemon/base/byte_reader.h"
#include "daemon/protocols/http/header_values.h"

namespace sallyport::http2 {
namespace {

/// Opaque transfers of this connection beside those of the dispatcher, which counts from 0.
constexpr unsigned kTunnelPart = 1U << 31;
constexpr std::uint8_t kTlsHandshake = 0x16;  // RFC 8446 5.1

bool begins_block(FrameType type) {
  return type == FrameType::kHeaders || type == FrameType::kPushPromise;
}

bool is_interim(std::uint16_t status) {
  return status >= 100 && status < 200;
}

bool is_success(std::uint16_t status) {
  return status >= 200 && status < 300;
}

}  // namespace

DirectionReader::DirectionReader(Connection& connection, http::EntityContext context, Direction direction,
                                 FrameReader::Start start)
    : connection_(connection),
      context_(context),
      direction_(direction),
      frames_(start, *this, connection.stats),
      blocks_(connection.config.fields_bytes_max) {}

void DirectionReader::push(Bytes bytes, Timestamp time) {
  context_.time = time;
  if (!finished_) frames_.push(bytes);
}

void DirectionReader::lose(std::uint64_t size, Timestamp time) {
  context_.time = time;
  connection_.stats.gaps.add();
  if (!finished_) frames_.lose(size);
}

void DirectionReader::conflict(Timestamp time) {
  context_.time = time;
  for (auto& [id, stream] : connection_.streams.all()) {
    stream.message(direction_).flag(bit(Evasion::kTcpOverlap));
    if (stream.tunnel) stream.tunnel->conflict(direction_, time);
  }
}

void DirectionReader::finish(http::BodyEnd end, Timestamp time) {
  context_.time = time;
  if (std::exchange(finished_, true)) return;
  frames_.finish();
  for (auto& [id, stream] : connection_.streams.all()) {
    stream.message(direction_).cut(end);
    if (stream.tunnel) stream.tunnel->half_close(direction_, time);
  }
  if (lost_bytes_) lost_bytes_->end();
}

void DirectionReader::frame_begin(const FrameHeader& frame, Bytes prefix) {
  const bool goes_on = block_ && frame.type == FrameType::kContinuation && frame.stream == block_->stream;
  if (block_ && !goes_on) {
    connection_.stats.header_blocks_torn.add();
    blocks_.lose();
    end_block(true);
  }
  if (begins_block(frame.type)) begin_block(frame, prefix);
  if (frame.type == FrameType::kContinuation && !goes_on) blocks_.lose();
}

void DirectionReader::begin_block(const FrameHeader& frame, Bytes prefix) {
  block_ = Block{frame.stream, 0, frame.type == FrameType::kPushPromise, false};
  blocks_.push({});
  if (!block_->is_promise) {
    block_->ends_stream = frame.has(kEndStream);
    return;
  }
  ByteReader reader(prefix);
  if (frame.has(kPadded)) reader.skip(1);
  block_->promised = reader.u32be() & 0x7fffffffU;
}

void DirectionReader::frame_content(const FrameHeader& frame, Bytes bytes) {
  if (frame.type == FrameType::kData) return on_data(frame.stream, bytes);
  if (block_) blocks_.push(bytes);
}

void DirectionReader::frame_content_lost(const FrameHeader& frame, std::uint64_t size) {
  if (block_) return blocks_.lose();
  if (frame.type != FrameType::kData) return;
  Stream* const stream = connection_.streams.open(frame.stream);
  if (!stream) return connection_.refused.gap(direction_, size, context_.time);
  if (stream->tunnel) return stream->tunnel->gap(direction_, size, context_.time);
  message_for_data(*stream).lose(size);
}

void DirectionReader::frame_end(const FrameHeader& frame, bool odd) {
  switch (frame.type) {
    case FrameType::kHeaders:
    case FrameType::kPushPromise:
    case FrameType::kContinuation:
      if (block_ && frame.has(kEndHeaders)) end_block(odd);
      return;
    case FrameType::kData:
      break;
    case FrameType::kRstStream:
      return on_reset(frame.stream);
    case FrameType::kGoaway:
      return connection_.stats.goaways.add();
    default:
      return;
  }
  Stream* const stream = connection_.streams.find(frame.stream);
  if (!stream) return;
  if (odd) note_odd(stream->message(direction_));
  if (frame.has(kEndStream)) end_message(*stream);
}

void DirectionReader::end_block(bool odd) {
  const Block block = *block_;
  block_.reset();
  FieldSection section = blocks_.end();
  section.odd = section.odd || odd;
  if (section.incomplete) connection_.stats.incomplete_heads.add();
  const std::uint32_t id = block.is_promise ? block.promised : block.stream;
  Stream* const stream = id == 0 ? nullptr : connection_.streams.open(id);
  if (!stream) return;
  if (block.is_promise) {
    connection_.stats.pushes.add();
    on_request(*stream, section);
    stream->message(Direction::kClientToServer).cut({});
    return;
  }
  on_head(*stream, section);
  if (block.ends_stream) end_message(*stream);
}

void DirectionReader::on_head(Stream& stream, FieldSection& section) {
  bool& seen = is_response() ? stream.response_seen : stream.request_seen;
  if (is_response() && is_interim(section.status)) return;
  if (seen) return;  // trailers
  if (is_response()) return on_response(stream, section);
  on_request(stream, section);
  if (!stream.is_connect) open_message(stream, section, 0);
}

void DirectionReader::on_request(Stream& stream, FieldSection& section) {
  stream.request_seen = true;
  connection_.stats.requests.add();
  stream.exchange = http::exchange_of(section.method, section.path, section.head);
  stream.exchange.upgrade = http::lower_case(section.protocol);
  stream.exchange.extensions = http::bounded_name(section.head.value("sec-websocket-extensions"));
  stream.is_connect = section.method == "CONNECT";
}

void DirectionReader::on_response(Stream& stream, FieldSection& section) {
  stream.response_seen = true;
  connection_.stats.responses.add();
  if (stream.is_connect && is_success(section.status)) {
    // What kind of tunnel an ordinary CONNECT is its first bytes say.
    if (!stream.exchange.upgrade.empty()) open_tunnel(stream, section.head.value("sec-websocket-extensions"), true, {});
    return;
  }
  open_message(stream, section, section.status);
}

void DirectionReader::open_message(Stream& stream, const FieldSection& section, std::uint16_t status) {
  http::EntityOrigin origin;
  origin.facts = http::message_facts(connection_.flow, direction_, stream.exchange, status);
  origin.facts.protocol = Protocol::kHttp2;
  origin.key = "http2 " + std::to_string(connection_.flow.id.value) + " " + std::to_string(stream.id) + "." +
               std::to_string(stream.number) + (is_response() ? " response" : " request");
  Message& message = stream.message(direction_);
  if (message.restarts() > 0) {
    origin.key += " again " + std::to_string(message.restarts());
    origin.evasions |= bit(Evasion::kHttpFraming);
  }
  const bool bodiless = is_response() && (stream.exchange.method == "HEAD" || status == 204 || status == 304);
  message.open(context_, std::move(origin), section, bodiless);
}

/// The message that DATA belongs to; its head may have been lost, and it may have ended or been reset.
Message& DirectionReader::message_for_data(Stream& stream) {
  Message& message = stream.message(direction_);
  if (message.has_body()) return message;
  const std::uint64_t before = message.after_reset() ? message.received() : 0;
  if (message.has_head()) {
    connection_.stats.late_bodies.add();
    message.restart();
  }
  FieldSection unknown;
  unknown.incomplete = true;
  open_message(stream, unknown, 0);
  if (before > 0) message.lose(before);
  if (lost_bytes_) message.doubt_start();
  return message;
}

void DirectionReader::on_data(std::uint32_t id, Bytes bytes) {
  Stream* const stream = connection_.streams.open(id);
  if (!stream) {
    connection_.refused.feed(direction_, bytes, context_.time);
    return;
  }
  if (stream->is_connect && !stream->tunnel && !stream->message(direction_).has_head())
    open_tunnel(*stream, {}, stream->response_seen, bytes);
  if (stream->tunnel) {
    stream->tunnel->feed(direction_, bytes, context_.time);
    return connection_.streams.recount(*stream);
  }
  Message& message = message_for_data(*stream);
  if (message.received() == 0) connection_.stats.bodies.add();
  message.take(bytes);
  connection_.streams.recount(*stream);
}

void DirectionReader::open_tunnel(Stream& stream, std::string_view extensions, bool answer_seen, Bytes first_bytes) {
  connection_.stats.tunnels.add();
  http::Upgrade upgrade;
  upgrade.protocol = stream.exchange.upgrade;
  upgrade.request = stream.exchange;
  upgrade.extensions = http::bounded_name(extensions);
  upgrade.answer_seen = answer_seen;
  upgrade.stream = std::to_string(stream.id) + "." + std::to_string(stream.number);
  if (!upgrade.protocol.empty() && connection_.upgrades)
    stream.tunnel = connection_.upgrades(connection_.flow, upgrade).parser;
  if (stream.tunnel) return;
  const bool is_tls = !first_bytes.empty() && first_bytes[0] == std::byte{kTlsHandshake};
  auto opaque = std::make_unique<OpaqueParser>(connection_.flow, is_tls ? Protocol::kTls : Protocol::kUnknown,
                                               is_tls ? NotInspected::kEncrypted : NotInspected::kUnknownProtocol,
                                               connection_.sink, kTunnelPart | stream.id);
  opaque->name({stream.exchange.host, {}});
  stream.tunnel = std::move(opaque);
}

void DirectionReader::end_message(Stream& stream) {
  Message& message = stream.message(direction_);
  if (stream.tunnel) stream.tunnel->half_close(direction_, context_.time);
  if (message.end()) connection_.stats.framing_anomalies.add();
  connection_.streams.recount(stream);
  connection_.streams.close_when_over(stream.id);
}

/// RST_STREAM ends the sender's own message, and says that the other is not wanted (RFC 9113 6.4).
void DirectionReader::on_reset(std::uint32_t id) {
  connection_.stats.resets.add();
  Stream* const stream = connection_.streams.find(id);
  if (!stream) return;
  if (stream->tunnel) {
    stream->tunnel->finish(CloseReason::kReset, context_.time);
    return connection_.streams.close(id);
  }
  stream->message(direction_).cut({EndReason::kAborted, NotInspected::kAborted});
  stream->message(opposite(direction_)).reset_by_receiver();
  connection_.streams.recount(*stream);
  if (stream->message(opposite(direction_)).ended()) return connection_.streams.close(id);
  connection_.streams.keep_after_reset(id);
}

/// Whole messages may have been among them.
void DirectionReader::bytes_lost(std::uint64_t size, Bytes skipped) {
  if (!lost_bytes_) {
    TransferFacts facts = http::message_facts(connection_.flow, direction_, {}, 0);
    facts.protocol = Protocol::kHttp2;
    std::string key =
        "http2 " + std::to_string(connection_.flow.id.value) + (is_response() ? " responses" : " requests");
    lost_bytes_ = std::make_unique<http::LostBytes>(context_, std::move(facts), key + " lost", NotInspected::kGap);
  }
  if (size > 0) lost_bytes_->lose(size);
  lost_bytes_->skip(skipped);
}

void DirectionReader::frames_lost() {
  connection_.stats.frames_lost.add();
  if (block_) block_.reset();
  blocks_.lose();
  blocks_.end();
  for (auto& [id, stream] : connection_.streams.all()) {
    Message& message = stream.message(direction_);
    if (message.has_body()) message.lose(0);
    if (stream.tunnel) stream.tunnel->gap(direction_, 0, context_.time);
  }
}

std::uint32_t DirectionReader::only_open_stream() const {
  std::uint32_t only = 0;
  for (const auto& [id, stream] : connection_.streams.all()) {
    if (!stream.message(direction_).has_body() && !stream.tunnel) continue;
    if (only != 0) return 0;
    only = id;
  }
  return only;
}

bool DirectionReader::is_open(std::uint32_t stream) const {
  return connection_.streams.find(stream) != nullptr;
}

void DirectionReader::note_odd(Message& message) {
  connection_.stats.framing_anomalies.add();
  message.flag(bit(Evasion::kHttpFraming));
}

}  // namespace sallyport::http2
