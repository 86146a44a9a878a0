// How flows begin and end: SYN, mid-stream pickup, reuse of ports, FIN and RST.
#include <algorithm>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/net/tcp_reassembler.h"

namespace sallyport {
namespace {

constexpr std::uint8_t kWindowShiftUnknown = 14;  // the largest (RFC 7323 2.3): too wide a window only reorders more
constexpr std::uint8_t kDataPacketsOfRealFlow = 3;

bool is_plain_syn(const TcpSegment& segment) {
  return segment.has(tcp_flag::kSyn) && !segment.has(tcp_flag::kAck | tcp_flag::kRst | tcp_flag::kFin);
}

// Sequence numbers wrap around (RFC 9293 3.4).
bool is_behind(std::uint32_t later, std::uint32_t end) {
  return static_cast<std::int32_t>(later - end) >= 0;
}

bool ends(const TcpStream& stream) {
  return stream.finished() || stream.is_end_in_doubt();
}

bool is_syn_ack(const TcpSegment& segment) {
  return segment.has(tcp_flag::kSyn) && segment.has(tcp_flag::kAck) && !segment.has(tcp_flag::kRst | tcp_flag::kFin);
}

}  // namespace

std::optional<TcpReassembler::Opening> TcpReassembler::opening_of(const TcpSegment& segment) const {
  Opening opening;
  if (is_plain_syn(segment)) {
    opening.first[0] = segment.sequence + 1;
    return opening;
  }
  if (is_syn_ack(segment)) {
    opening.sender = Direction::kServerToClient;
    opening.first[0] = segment.acknowledgement;
    opening.first[1] = segment.sequence + 1;
    return opening;
  }
  if (!config_.midstream || segment.data_size() == 0 || segment.has(tcp_flag::kRst | tcp_flag::kSyn))
    return std::nullopt;
  // Servers listen on low ports; where both are equal, who speaks first is taken for the client.
  const bool to_client = segment.source.port < segment.destination.port;
  opening.sender = to_client ? Direction::kServerToClient : Direction::kClientToServer;
  opening.midstream = true;
  opening.first[index_of(opening.sender)] = segment.sequence;
  return opening;
}

// Whether the packet belongs to a new flow between the same endpoints.
std::optional<TcpReassembler::Opening> TcpReassembler::renewal(FlowEntry& entry, Direction direction,
                                                               const TcpSegment& segment) {
  if (entry.reuse) {
    const std::optional<Opening> opening = renewal_of_reused(entry, direction, segment);
    if (opening) return opening;
  }
  if (is_plain_syn(segment)) return renewal_by_syn(entry, direction, segment);
  return renewal_of_ended(entry, direction, segment);
}

// A connection that has ended goes on: somebody else sent that RST or FIN. While the other direction is open, data
// alone prove nothing, for anybody can send them; but a receiver acknowledges no more than a FIN that it took.
std::optional<TcpReassembler::Opening> TcpReassembler::renewal_of_ended(const FlowEntry& entry, Direction direction,
                                                                        const TcpSegment& segment) {
  if (segment.has(tcp_flag::kRst | tcp_flag::kSyn)) return std::nullopt;
  const bool over = entry.state == FlowState::kClosed &&
                    (entry.closed_by == CloseReason::kReset || entry.closed_by == CloseReason::kFinished);
  const TcpStream& stream = entry.streams[index_of(direction)];
  const TcpStream& other = entry.streams[index_of(opposite(direction))];
  const bool sends =
      segment.data_size() > 0 && (!stream.started() || is_behind(segment.sequence, stream.next_sequence()));
  const bool takes =
      segment.has(tcp_flag::kAck) && other.finished() && is_behind(segment.acknowledgement, other.next_sequence() + 1);
  if (!(over && sends) && !(entry.state <= FlowState::kEstablished && takes)) return std::nullopt;
  stats_.flows_resumed.add();
  Opening opening{direction, true, true, {}};
  if (segment.data_size() > 0) opening.first[index_of(direction)] = segment.sequence;
  if (takes) opening.first[index_of(opposite(direction))] = other.next_sequence() - 1;
  return opening;
}

std::optional<TcpReassembler::Opening> TcpReassembler::renewal_by_syn(FlowEntry& entry, Direction direction,
                                                                      const TcpSegment& segment) {
  const TcpStream& stream = entry.streams[index_of(direction)];
  const bool repeated = stream.started() && stream.first_sequence() == segment.sequence + 1;
  const bool refused = entry.state == FlowState::kEnding && !entry.established_once;
  const bool ended = entry.state == FlowState::kClosed || entry.state == FlowState::kBlocked || refused;
  // A refused connection is often tried again with the same number.
  if (repeated && (!ended || entry.established_once || entry.state == FlowState::kBlocked)) return std::nullopt;
  // Both ends may open at once (RFC 9293 3.5).
  if (entry.state == FlowState::kEmbryonic && !stream.started()) return std::nullopt;
  if (entry.state == FlowState::kEstablished || (entry.state == FlowState::kEnding && !refused)) {
    entry.reuse = PendingReuse{segment.sequence, direction};
    return std::nullopt;
  }
  return opening_of(segment);
}

std::optional<TcpReassembler::Opening> TcpReassembler::renewal_of_reused(const FlowEntry& entry, Direction direction,
                                                                         const TcpSegment& segment) const {
  const PendingReuse reuse = *entry.reuse;
  const std::uint32_t first = reuse.initial_sequence + 1;
  const bool answered = direction != reuse.direction && is_syn_ack(segment) && segment.acknowledgement == first;
  if (answered) return opening_of(segment);
  const bool continued = direction == reuse.direction && !segment.has(tcp_flag::kSyn | tcp_flag::kRst) &&
                         segment.sequence == first && segment.data_size() > 0;
  if (!continued) return std::nullopt;
  Opening opening;
  opening.first[0] = first;
  return opening;
}

FlowEntry& TcpReassembler::open(const KeyedSegment& keyed, const TcpSegment& segment, const Opening& opening,
                                const Arrival& arrival) {
  const Timestamp time = arrival.time;
  if (FlowEntry* const old = table_.find(keyed.key)) {
    if (old->state <= FlowState::kIgnored) close_flow(*old, CloseReason::kReset, time);
    erase(*old);
  }
  if (table_.full()) make_room(time);
  FlowEntry& entry = table_.insert(keyed.key);
  const bool by_client = opening.sender == Direction::kClientToServer;
  entry.client_is_low = by_client == keyed.source_is_low;
  entry.flow.client = by_client ? segment.source : segment.destination;
  entry.flow.server = by_client ? segment.destination : segment.source;
  entry.flow.midstream = opening.midstream;
  entry.flow.opened = time;
  entry.flow.tunnelled = arrival.tunnelled;
  if (keyed.key.tenant != 0) {
    ++tenants_;
    stats_.flows_separated.add();
  }
  for (const std::size_t side : {0U, 1U}) {
    if (opening.first[side]) entry.streams[side].start(*opening.first[side]);
    if (!segment.has(tcp_flag::kSyn)) entry.window_shift[side] = kWindowShiftUnknown;
    entry.path[side] = arrival.path;
  }
  entry.active = now_;
  idle_list(entry.state).push_back(entry);
  stats_.flows_opened.add();
  if (opening.midstream) stats_.flows_midstream.add();
  stats_.flows_active.set(++active_);

  packet_flow_ = entry.flow.id;
  packet_position_ = TcpPosition();
  if (opening.midstream) {
    const std::size_t sender = index_of(opening.sender);
    packet_position_.next_sequence[sender] = segment.sequence;
    packet_position_.known[sender] = true;
    packet_position_.next_sequence[1 - sender] = segment.acknowledgement;
    packet_position_.known[1 - sender] = segment.has(tcp_flag::kAck);
  }
  current_ = &entry;
  const Interest interest = sink_.on_open(entry.flow);
  current_ = nullptr;
  if (entry.closing) {
    close_flow(entry, *entry.closing, time);
  } else if (opening.forged_end && interest != Interest::kNone) {
    flag_forged_end(entry.flow.id);
  } else if (interest == Interest::kNone) {
    stats_.flows_ignored.add();
    set_state(entry, FlowState::kIgnored);
  }
  return entry;
}

// The other side's first acknowledgement tells where this one began, if its handshake was lost.
void TcpReassembler::start_stream(FlowEntry& entry, Direction direction, const TcpSegment& segment) {
  TcpStream& stream = entry.streams[index_of(direction)];
  std::uint32_t first = segment.data_sequence();
  if (!segment.has(tcp_flag::kSyn) && !entry.flow.midstream && stream.acknowledged()) {
    const std::uint32_t ahead = first - stream.first_acknowledged();
    if (ahead <= limits::kTcpWindowBytesMax) first = stream.first_acknowledged();
  }
  stream.start(first);
}

bool TcpReassembler::is_valid_reset(const FlowEntry& entry, Direction direction, const TcpSegment& segment) const {
  const TcpStream& stream = entry.streams[index_of(direction)];
  const TcpStream& other = entry.streams[index_of(opposite(direction))];
  if (stream.acknowledged() && segment.sequence == *stream.acknowledged()) return true;
  if (stream.started()) {
    return segment.sequence == stream.next_sequence() || segment.sequence == stream.sequence_of(stream.highest());
  }
  // A refused SYN: sequence number zero, and the acknowledgement proves that the SYN was seen (RFC 9293 3.10.7.3).
  return segment.has(tcp_flag::kAck) && other.started() && segment.acknowledgement == other.next_sequence();
}

void TcpReassembler::take_reset(FlowEntry& entry, Direction direction, const TcpSegment& segment) {
  if (!is_valid_reset(entry, direction, segment)) return stats_.resets_ignored.add();
  const TcpStream& other = entry.streams[index_of(opposite(direction))];
  entry.reset_from = direction;
  entry.reset_sequence = segment.sequence;
  entry.reset_taken = other.started() ? other.sequence_of(other.highest() + 1) : segment.acknowledgement;
  if (entry.state == FlowState::kEnding) return;
  entry.closed_by = CloseReason::kReset;
  set_state(entry, FlowState::kEnding);
}

// Whoever resets a connection forgets it: it sends no new data and acknowledges none. What the other side still sends
// may have been on its way.
bool TcpReassembler::belies_reset(const FlowEntry& entry, Direction direction, const TcpSegment& segment) {
  if (entry.closed_by != CloseReason::kReset || direction != entry.reset_from) return false;
  if (segment.has(tcp_flag::kRst | tcp_flag::kSyn)) return false;
  if (segment.data_size() > 0 && is_behind(segment.sequence, entry.reset_sequence)) return true;
  return segment.has(tcp_flag::kAck) && is_behind(segment.acknowledgement, entry.reset_taken + 1);
}

void TcpReassembler::flag_forged_end(FlowId flow) {
  for (const Direction direction : {Direction::kClientToServer, Direction::kServerToClient}) {
    sink_.on_evasion(flow, direction, bit(Evasion::kTcpOverlap));
  }
}

// How the flow ends with the packet that was handled. Both FINs without acknowledgements only begin its end.
std::optional<CloseReason> TcpReassembler::end_of(FlowEntry& entry) {
  if (entry.closing) return entry.closing;
  const TcpStream& up = entry.streams[0];
  const TcpStream& down = entry.streams[1];
  if (up.finished() && down.finished()) return CloseReason::kFinished;
  const bool both = ends(up) && ends(down);
  const bool ending_by_fins = entry.state == FlowState::kEnding && entry.closed_by == CloseReason::kFinished;
  if (both && entry.state != FlowState::kEnding) {
    entry.closed_by = CloseReason::kFinished;
    set_state(entry, FlowState::kEnding);
  } else if (!both && ending_by_fins) {
    set_state(entry, FlowState::kEstablished);
  }
  return std::nullopt;
}

// RFC 5961 4: a receiver answers it and changes nothing.
bool TcpReassembler::is_foreign_syn(const FlowEntry& entry, Direction direction, const TcpSegment& segment) {
  const TcpStream& stream = entry.streams[index_of(direction)];
  return segment.has(tcp_flag::kSyn) && !segment.has(tcp_flag::kRst) && stream.started() &&
         segment.data_sequence() != stream.first_sequence();
}

void TcpReassembler::update_state(FlowEntry& entry, const TcpSegment& segment) {
  if (entry.state != FlowState::kEmbryonic && entry.state != FlowState::kEstablished) return;
  const bool both = entry.seen(0) && entry.seen(1);
  const bool real = (both && segment.has(tcp_flag::kAck)) || entry.data_packets >= kDataPacketsOfRealFlow;
  // One-sided traffic that has ended will show no second FIN: it may go early.
  const bool over = !both && (ends(entry.streams[0]) || ends(entry.streams[1]));
  if (real && !over) entry.established_once = true;
  const FlowState wanted = (real || entry.established_once) && !over ? FlowState::kEstablished : FlowState::kEmbryonic;
  if (wanted != entry.state) set_state(entry, wanted);
}

void TcpReassembler::set_state(FlowEntry& entry, FlowState state) {
  idle_list(entry).remove(entry);
  entry.quiet = false;
  entry.state = state;
  idle_list(entry).push_back(entry);
}

void TcpReassembler::close(FlowId flow, CloseReason reason, Timestamp time) {
  FlowEntry* const entry = table_.find(flow);
  if (!entry) return datagrams_.close(flow, reason, time);
  if (entry->state > FlowState::kEstablished) return;
  if (entry->closing || entry == current_) {
    entry->closing = entry->closing.value_or(reason);
    return;
  }
  close_flow(*entry, reason, time);
}

// During the last calls close() only changes the reason, as during any other call. Inline both FINs close a flow before
// all is acknowledged: what its receiver may still take is compared on (compare_late).
void TcpReassembler::close_flow(FlowEntry& entry, CloseReason reason, Timestamp time) {
  const bool followed = entry.state <= FlowState::kEstablished;
  if (followed && reason != CloseReason::kBlocked) flush(entry, time);
  if (entry.state == FlowState::kEnding && reason != CloseReason::kBlocked) reason = entry.closed_by;
  reason = entry.closing.value_or(reason);
  entry.closing = reason;
  entry.closed_by = reason;
  entry.active = now_;
  set_state(entry, reason == CloseReason::kBlocked ? FlowState::kBlocked : FlowState::kClosed);
  const bool compares_on = config_.can_drop && reason == CloseReason::kFinished;
  for (TcpStream& stream : entry.streams) {
    if (!compares_on || stream.settled()) stream.clear_buffers();
  }
  account(entry);
  stats_.flows_active.set(--active_);
  if (followed) sink_.on_close(entry.flow.id, reason, time);
}

// What still waits comes now, with the holes before it reported; so is what the receiver confirmed and we never saw.
void TcpReassembler::flush(FlowEntry& entry, Timestamp time) {
  FlowEntry* const outer = std::exchange(current_, &entry);
  for (const Direction direction : {Direction::kClientToServer, Direction::kServerToClient}) {
    TcpStream& stream = entry.streams[index_of(direction)];
    if (!stream.started()) continue;
    StreamOutput out = output(entry, direction, time);
    while (stream.has_hole()) stream.lose_first_hole(out);
    if (!stream.acknowledged()) continue;
    // One more than was seen may be a FIN that the capture missed.
    const std::int64_t confirmed = stream.offset_of(*stream.acknowledged());
    if (confirmed > static_cast<std::int64_t>(stream.next() + 1)) {
      stream.lose_until(static_cast<std::uint64_t>(confirmed), out);
    }
  }
  current_ = outer;
}

TcpPosition TcpReassembler::position_of(const FlowEntry& entry) {
  TcpPosition position;
  for (const std::size_t side : {0U, 1U}) {
    const TcpStream& stream = entry.streams[side];
    position.known[side] = stream.started() || stream.acknowledged();
    if (stream.started()) position.next_sequence[side] = stream.next_sequence();
    if (!stream.acknowledged()) continue;
    const std::uint32_t confirmed = *stream.acknowledged();
    const bool ahead = static_cast<std::int32_t>(confirmed - position.next_sequence[side]) > 0;
    if (!stream.started() || ahead) position.next_sequence[side] = confirmed;
  }
  return position;
}

}  // namespace sallyport
