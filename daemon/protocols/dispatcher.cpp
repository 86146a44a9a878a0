#include "daemon/protocols/dispatcher.h"

#include <algorithm>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/protocols/opaque_parser.h"

namespace sallyport {

Dispatcher::Dispatcher(StreamTrace& trace, std::vector<ProtocolEntry> protocols, std::size_t parser_bytes_max)
    : trace_(trace), protocols_(std::move(protocols)), budget_(parser_bytes_max) {}

Dispatcher::Connection* Dispatcher::find(FlowId flow) {
  const auto found = connections_.find(flow);
  return found == connections_.end() ? nullptr : &found->second;
}

Interest Dispatcher::on_open(const Flow& flow) {
  Connection& connection = connections_.try_emplace(flow.id, &pool_).first->second;
  connection.flow = &flow;
  connection.seeks = flow.midstream;
  if (flow.transport != Transport::kTcp) start_encrypted(connection);
  return Interest::kContent;
}

void Dispatcher::on_bytes(FlowId flow, Direction direction, std::uint64_t, Bytes bytes, Timestamp time) {
  Connection* const connection = find_awake(flow, time);
  if (!connection) return;
  examine_or_feed(*connection, direction, bytes, time);
  keep_budget(*connection, time);
}

void Dispatcher::examine_or_feed(Connection& connection, Direction direction, Bytes bytes, Timestamp time) {
  if (!connection.parser) return examine(connection, direction, bytes, time);
  if (connection.seeks && probe(connection, direction, bytes, time)) return;
  feed(connection, direction, bytes, time);
}

Recognition Dispatcher::recognise(Direction direction, Bytes bytes, const ProtocolEntry*& found) const {
  Recognition best = Recognition::kNo;
  for (const ProtocolEntry& entry : protocols_) {
    const Recognition answer = entry.recognise(direction, bytes);
    if (answer == Recognition::kYes) {
      found = &entry;
      return answer;
    }
    if (answer == Recognition::kMaybe) best = answer;
  }
  return best;
}

// The first bytes of a flow, or those after a hand-over.
void Dispatcher::examine(Connection& connection, Direction direction, Bytes bytes, Timestamp time) {
  Speech& speech = speech_of(connection);
  ByteBuffer& head = speech.head[index_of(direction)];
  const std::size_t room = limits::kRecognitionBytes - head.size();
  const Bytes looked_at = prefix(bytes, room);
  const Bytes rest = bytes.subspan(looked_at.size());
  append(head, looked_at);
  const bool goes_on = !speech.order.empty() && speech.order.back().direction == direction;
  if (goes_on) speech.order.back().size += looked_at.size();
  if (!goes_on) speech.order.push_back({direction, looked_at.size()});

  const ProtocolEntry* found = nullptr;
  const Recognition answer = recognise(direction, head, found);
  if (answer == Recognition::kMaybe && head.size() < limits::kRecognitionBytes) return;
  found ? start(connection, *found, time) : start_opaque(connection, NotInspected::kUnknownProtocol, time);
  if (!rest.empty()) examine_or_feed(connection, direction, rest, time);
}

void Dispatcher::start(Connection& connection, const ProtocolEntry& entry, Timestamp time) {
  connection.protocol = entry.protocol;
  connection.parser = make(connection, entry);
  stats_.of(entry.protocol).flows_total.add();
  replay(connection, time);
}

void Dispatcher::start_opaque(Connection& connection, NotInspected reason, Timestamp time) {
  connection.protocol = Protocol::kUnknown;
  connection.parser =
      std::make_unique<OpaqueParser>(*connection.flow, Protocol::kUnknown, reason, trace_, connection.parts++);
  stats_.of(Protocol::kUnknown).flows_total.add();
  replay(connection, time);
}

void Dispatcher::start_encrypted(Connection& connection) {
  const bool quic = connection.flow->transport == Transport::kQuic;
  const auto tls = std::ranges::find(protocols_, Protocol::kTls, &ProtocolEntry::protocol);
  connection.protocol = quic ? Protocol::kTls : Protocol::kUnknown;
  connection.parser = quic && tls != protocols_.end()
                          ? tls->make(*connection.flow)
                          : std::make_unique<OpaqueParser>(*connection.flow, connection.protocol,
                                                           NotInspected::kEncrypted, trace_, connection.parts++);
  stats_.of(connection.protocol).flows_total.add();
}

// A parser may hand over in the midst of this: what is left then goes the way of new bytes.
void Dispatcher::replay(Connection& connection, Timestamp time) {
  Speech& speech = speech_of(connection);
  const std::array<ByteBuffer, 2> head = std::exchange(speech.head, {});
  const std::vector<Held> order = std::exchange(speech.order, {});
  const std::array<bool, 2> conflicted = std::exchange(connection.conflicted, {});
  std::array<std::size_t, 2> position{};
  for (const Held& held : order) {
    const std::size_t way = index_of(held.direction);
    const Bytes piece = Bytes(head[way]).subspan(position[way], held.size);
    position[way] += held.size;
    connection.parser ? feed(connection, held.direction, piece, time)
                      : examine(connection, held.direction, piece, time);
  }
  for (const Direction direction : {Direction::kClientToServer, Direction::kServerToClient}) {
    if (!connection.parser || !conflicted[index_of(direction)]) continue;
    const auto scope = scope_of(connection, direction);
    connection.parser->conflict(direction, time);
  }
  close_ended(connection, time);
}

// Directions that ended before this parser began.
void Dispatcher::close_ended(Connection& connection, Timestamp time) {
  for (const Direction direction : {Direction::kClientToServer, Direction::kServerToClient}) {
    if (!connection.parser || !connection.closed[index_of(direction)]) continue;
    const auto scope = scope_of(connection, direction);
    connection.parser->half_close(direction, time);
  }
}

void Dispatcher::feed(Connection& connection, Direction direction, Bytes bytes, Timestamp time) {
  const std::size_t taken = feed_parser(connection, direction, bytes, time);
  stats_.of(connection.protocol).bytes_total.add(taken);
  note_fed(connection, direction, taken, time);
  after_call(connection, direction, bytes.subspan(taken), time);
}

// What already has another reading is flagged while it is fed: its transfer may begin and end within the call.
std::size_t Dispatcher::feed_parser(Connection& connection, Direction direction, Bytes bytes, Timestamp time) {
  Speech& speech = speech_of(connection);
  TracedWay& way = speech.ways[index_of(direction)];
  const auto& conflicts = speech.conflicts[index_of(direction)];
  const EvasionSet signs = way.signs;
  if (conflicts && conflicts->waits_for(connection.fed[index_of(direction)], bytes.size())) {
    way.signs |= bit(Evasion::kTcpOverlap);
  }
  const auto scope = scope_of(connection, direction, bytes);
  const std::size_t taken = connection.parser->feed(direction, bytes, time);
  way.signs = signs;
  return taken;
}

StreamTrace::Scope Dispatcher::scope_of(Connection& connection, Direction direction, Bytes bytes) {
  const std::size_t way = index_of(direction);
  return {trace_, speech_of(connection).ways[way], connection.fed[way], bytes};
}

std::optional<std::uint64_t> Dispatcher::answer_begin(FlowId flow, Direction blocked) const {
  const auto found = connections_.find(flow);
  if (found == connections_.end() || !found->second.parser) return std::nullopt;
  const auto place = found->second.parser->answer_place(blocked);
  if (!place) return std::nullopt;
  return found->second.fed[index_of(Direction::kServerToClient)] + static_cast<std::uint64_t>(*place);
}

void Dispatcher::note_fed(Connection& connection, Direction direction, std::uint64_t size, Timestamp time) {
  const std::size_t way = index_of(direction);
  connection.fed[way] += size;
  const Speech& speech = speech_of(connection);
  if (speech.conflicts[way]) speech.conflicts[way]->on_fed(connection.fed[way], speech.ways[way], time);
}

void Dispatcher::finish_parser(Connection& connection, CloseReason reason, Timestamp time) {
  const auto scope = scope_of(connection, Direction::kClientToServer);
  connection.parser->finish(reason, time);
}

// A parser is looked at after every call, as any call can bring it to its end.
void Dispatcher::after_call(Connection& connection, Direction direction, Bytes rest, Timestamp time) {
  const ParserState state = connection.parser->state();
  if (state == ParserState::kHandOver) hand_over(connection, direction, rest, time);
  if (state != ParserState::kFailed) return;
  stats_.failed_total.add();
  finish_parser(connection, CloseReason::kFinished, time);
  start_opaque(connection, NotInspected::kProtocolError, time);
}

void Dispatcher::hand_over(Connection& connection, Direction direction, Bytes rest, Timestamp time) {
  stats_.handed_over_total.add();
  Successor next = connection.parser->successor();
  finish_parser(connection, CloseReason::kFinished, time);
  connection.parser = std::move(next.parser);
  if (++connection.hand_overs > limits::kHandOversPerFlow) {
    start_opaque(connection, NotInspected::kUnknownProtocol, time);
  } else if (connection.parser) {
    connection.protocol = next.protocol;
    stats_.of(next.protocol).flows_total.add();
    close_ended(connection, time);
  }
  if (!rest.empty()) examine_or_feed(connection, direction, rest, time);
}

// The start was missed, so nothing is known; but a segment often begins with a message. No number of others is too
// many: whoever sends them first would have the rest of the flow for himself.
bool Dispatcher::probe(Connection& connection, Direction direction, Bytes bytes, Timestamp time) {
  if (connection.protocol != Protocol::kUnknown) return false;
  const ProtocolEntry* found = nullptr;
  if (recognise(direction, prefix(bytes, limits::kRecognitionBytes), found) != Recognition::kYes) return false;
  stats_.found_midstream_total.add();
  finish_parser(connection, CloseReason::kFinished, time);
  start(connection, *found, time);
  feed(connection, direction, bytes, time);
  return true;
}

void Dispatcher::on_gap(FlowId flow, Direction direction, std::uint64_t, std::uint64_t size_bytes, Timestamp time) {
  Connection* const connection = find_awake(flow, time);
  if (!connection) return;
  if (!connection->parser) {
    connection->seeks = true;
    start_opaque(*connection, NotInspected::kUnknownProtocol, time);
  }
  {
    const auto scope = scope_of(*connection, direction);
    connection->parser->gap(direction, size_bytes, time);
  }
  note_fed(*connection, direction, size_bytes, time);
  after_call(*connection, direction, {}, time);
  keep_budget(*connection, time);
}

void Dispatcher::on_conflict(FlowId flow, Direction direction, std::uint64_t offset, Bytes other, Timestamp time) {
  Connection* const connection = find_awake(flow, time);
  if (!connection) return;
  const std::size_t way = index_of(direction);
  Speech& speech = speech_of(*connection);
  auto& conflicts = speech.conflicts[way];
  if (!conflicts) {
    conflicts = std::make_unique<StreamConflicts>(*connection->flow, direction, connection->protocol, trace_,
                                                  connection->parts++);
  }
  conflicts->add(offset, other, connection->fed[way], speech.ways[way], time);
  if (connection->parser) {
    {
      const auto scope = scope_of(*connection, direction);
      connection->parser->conflict(direction, time);
    }
    after_call(*connection, direction, {}, time);
  } else {
    connection->conflicted[way] = true;
  }
  keep_budget(*connection, time);
}

// The object knows whether it is the same; where it does not, nothing speaks for a second content.
void Dispatcher::on_repeat(FlowId flow, Direction direction, std::uint64_t offset, Bytes bytes, Timestamp time) {
  const Connection* const connection = find(flow);
  if (!connection || !connection->speech) return;
  const ByteRange range{offset, offset + bytes.size()};
  for (const StreamPieces::Piece& piece : connection->speech->ways[index_of(direction)].pieces.all()) {
    const ByteRange part{std::max(range.begin, piece.stream.begin), std::min(range.end, piece.stream.end)};
    if (!piece.direct || part.begin >= part.end) continue;
    const Bytes again =
        bytes.subspan(static_cast<std::size_t>(part.begin - offset), static_cast<std::size_t>(part.size()));
    trace_.reading(piece.transfer, piece.offset + (part.begin - piece.stream.begin), again, flow, time);
  }
}

void Dispatcher::on_evasion(FlowId flow, Direction direction, EvasionSet signs) {
  Connection* const connection = find(flow);
  if (!connection) return;
  TracedWay& way = speech_of(*connection).ways[index_of(direction)];
  if ((way.signs & signs) == signs) return;
  way.signs |= signs;
  for (const StreamPieces::Piece& piece : way.pieces.all()) trace_.flag(piece.transfer, signs);
}

void Dispatcher::on_half_close(FlowId flow, Direction direction, Timestamp time) {
  Connection* const connection = find_awake(flow, time);
  if (!connection) return;
  connection->closed[index_of(direction)] = true;
  if (connection->parser) {
    {
      const auto scope = scope_of(*connection, direction);
      connection->parser->half_close(direction, time);
    }
    after_call(*connection, direction, {}, time);
    return keep_budget(*connection, time);
  }
  // No more bytes of this direction will make it clearer; one that never spoke leaves it to the other.
  const bool spoke = connection->speech && !connection->speech->head[index_of(direction)].empty();
  if (spoke) start_opaque(*connection, NotInspected::kUnknownProtocol, time);
}

void Dispatcher::on_close(FlowId flow, CloseReason reason, Timestamp time) {
  Connection* const connection = find(flow);
  if (!connection) return;
  const bool undecided = !connection->parser && connection->speech && !connection->speech->order.empty();
  if (undecided) {
    start_opaque(*connection, NotInspected::kUnknownProtocol, time);
  }
  if (connection->parser) finish_parser(*connection, reason, time);
  if (connection->speech) {
    for (const auto& conflicts : connection->speech->conflicts) {
      if (conflicts) conflicts->finish(reason, time);
    }
  }
  if (connection->speech) budget_.note(connection->speech->share, flow, 0);
  stats_.parser_bytes.set(budget_.bytes());
  connections_.erase(flow);
}

}  // namespace sallyport
