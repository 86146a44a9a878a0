#include "daemon/protocols/opaque_parser.h"

#include <utility>

namespace sallyport {

OpaqueParser::OpaqueParser(const Flow& flow, Protocol protocol, NotInspected reason, TransferSink& sink, unsigned part)
    : flow_(flow), protocol_(protocol), reason_(reason), sink_(sink), part_(part) {}

std::size_t OpaqueParser::feed(Direction direction, Bytes bytes, Timestamp time) {
  count(direction, bytes.size(), time);
  return bytes.size();
}

void OpaqueParser::count(Direction direction, std::uint64_t size, Timestamp time) {
  if (size == 0 || !open(direction, time)) return;
  Way& way = ways_[index_of(direction)];
  sink_.pass(way.id, way.size, size, flow_.id, time);
  way.size += size;
}

void OpaqueParser::gap(Direction direction, std::uint64_t size, Timestamp time) {
  if (!open(direction, time)) return;
  Way& way = ways_[index_of(direction)];
  sink_.hole(way.id, way.size, size, NotInspected::kGap);
  way.size += size;
}

void OpaqueParser::conflict(Direction direction, Timestamp) {
  const Way& way = ways_[index_of(direction)];
  if (way.id && !way.ended) sink_.flag(way.id, bit(Evasion::kTcpOverlap));
}

void OpaqueParser::half_close(Direction direction, Timestamp time) {
  end(direction, EndReason::kComplete, time);
}

void OpaqueParser::finish(CloseReason reason, Timestamp time) {
  const EndReason end_reason = reason == CloseReason::kFinished ? EndReason::kComplete : EndReason::kConnectionClosed;
  end(Direction::kClientToServer, end_reason, time);
  end(Direction::kServerToClient, end_reason, time);
}

void OpaqueParser::name(Names names) {
  names_ = std::move(names);
  TransferFacts named;
  named.host = names_.host;
  named.alpn = names_.alpn;
  for (const Way& way : ways_) {
    if (way.id && !way.ended) sink_.update(way.id, named);
  }
}

bool OpaqueParser::open(Direction direction, Timestamp time) {
  Way& way = ways_[index_of(direction)];
  if (way.ended) return false;
  if (way.id) return true;
  const char* const word = direction == Direction::kClientToServer ? "/up/" : "/down/";
  const ObjectIdentity identity{"opaque/" + std::to_string(flow_.id.value) + word + std::to_string(part_), false};
  way.id = sink_.begin(identity, facts(direction), flow_.id, time).id;
  return true;
}

void OpaqueParser::end(Direction direction, EndReason reason, Timestamp time) {
  Way& way = ways_[index_of(direction)];
  if (way.id && !way.ended) sink_.end(way.id, reason, std::nullopt, flow_.id, time);
  way.ended = true;
}

TransferFacts OpaqueParser::facts(Direction direction) const {
  TransferFacts known;
  known.protocol = protocol_;
  known.sender = flow_.sender(direction);
  known.receiver = flow_.receiver(direction);
  known.upload = direction == Direction::kClientToServer;
  known.first_flow = flow_.id;
  known.host = names_.host;
  known.alpn = names_.alpn;
  known.opaque = reason_;
  return known;
}

}  // namespace sallyport
