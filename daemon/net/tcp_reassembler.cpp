#include "daemon/net/tcp_reassembler.h"

#include <algorithm>
#include <bit>

#include "daemon/base/limits.h"

namespace sallyport {
namespace {

ReassemblyConfig checked(ReassemblyConfig config) {
  config.history_bytes = std::bit_floor(config.history_bytes);
  return config;
}

Direction direction_of(const KeyedSegment& keyed, const FlowEntry& of) {
  return keyed.source_is_low == of.client_is_low ? Direction::kClientToServer : Direction::kServerToClient;
}

}  // namespace

TcpReassembler::TcpReassembler(StreamSink& sink, const ReassemblyConfig& config)
    : sink_(sink),
      config_(checked(config)),
      defragmenter_(config_.defrag, stats_, config_.can_drop),
      datagrams_(sink_, config_, stats_),
      table_(config_.flows_max, config_.shard, random_hash_secret()) {}

PacketPlace TcpReassembler::on_packet(const RawPacket& packet) {
  stats_.packets.add();
  stats_.bytes.add(packet.bytes.size());
  advance(packet.time);
  contradicts_ = false;
  NetworkPacket network;
  const DropReason reason = strip_link(packet, network);
  if (reason != DropReason::kNone) return drop(reason, packet.bytes.size());
  PacketPlace place = on_ip(network, {packet.time, packet.checksums, network.tunnelled, 0, network.path});
  place.contradicts = contradicts_;
  return place;
}

PacketPlace TcpReassembler::on_ip(const NetworkPacket& network, Arrival arrival) {
  IpPacket packet;
  DropReason reason = decode_ip(network, arrival.checksums == ChecksumState::kFilledIn, packet);
  arrival.is_header_wrong = reason == DropReason::kNone && arrival.checksums == ChecksumState::kOffloaded &&
                            !packet.is_fragment && is_ipv4_checksum_wrong(network);
  if (reason == DropReason::kNone && packet.is_fragment) {
    const std::optional<IpPacket> whole = defragmenter_.add(packet, now_, arrival.path);
    contradicts_ = contradicts_ || defragmenter_.has_refused();
    if (!whole) return {};
    packet = *whole;
    const ByteBuffer other = defragmenter_.take_second_reading();
    if (!other.empty()) return on_two_readings(packet, other, arrival);
    // A fragment inside a datagram of fragments has no meaning: the second header would make it one again.
    if (!packet.is_v4) reason = skip_ipv6_extensions(packet);
    if (packet.is_fragment) reason = DropReason::kMalformed;
  }
  if (reason == DropReason::kNone) return on_transport(packet, arrival);
  return drop(reason, network.bytes.size());
}

// Both go the way of a segment that comes twice: TcpStream finds where they differ. Inline the second cannot arrive.
PacketPlace TcpReassembler::on_two_readings(const IpPacket& packet, Bytes other, const Arrival& arrival) {
  const PacketPlace place = on_transport(packet, arrival);
  IpPacket second = packet;
  second.payload = other;
  if (config_.can_drop) {
    tell_refused(second, arrival);
    return place;
  }
  const PacketPlace second_place = on_transport(second, arrival);
  return place.flow ? place : second_place;
}

// What dropped fragments would have made: it is told where it meets a flow that is followed, and changes nothing.
void TcpReassembler::tell_refused(const IpPacket& packet, const Arrival& arrival) {
  TcpSegment segment;
  const bool verify = arrival.checksums == ChecksumState::kFilledIn;
  if (packet.protocol != ip_protocol::kTcp || decode_tcp(packet, verify, segment) != DropReason::kNone) return;
  KeyedSegment keyed = flow_key_of(segment);
  FlowEntry* const entry = find(keyed, segment, arrival);
  if (!entry || entry->state > FlowState::kEstablished) return;
  const Direction direction = direction_of(keyed, *entry);
  TcpStream& stream = entry->streams[index_of(direction)];
  if (!stream.started()) return;
  current_ = entry;
  StreamOutput out = output(*entry, direction, arrival.time);
  stream.contradicts(stream.offset_of(segment.data_sequence()), segment.payload, out);
  current_ = nullptr;
  if (entry->closing) close_flow(*entry, *entry->closing, arrival.time);
}

PacketPlace TcpReassembler::on_transport(const IpPacket& packet, const Arrival& arrival) {
  if (packet.protocol != ip_protocol::kTcp) return on_no_tcp(packet, arrival);
  TcpSegment segment;
  const DropReason reason = decode_tcp(packet, arrival.checksums == ChecksumState::kFilledIn, segment);
  if (reason == DropReason::kNone && arrival.checksums == ChecksumState::kOffloaded) {
    segment.checksum = tcp_checksum(packet);
    if (arrival.is_header_wrong && segment.checksum == Checksum::kRight) segment.checksum = Checksum::kWrong;
  }
  if (reason == DropReason::kNone) return on_segment(segment, arrival);
  return drop(reason, packet.payload.size());
}

PacketPlace TcpReassembler::on_segment(const TcpSegment& segment, const Arrival& arrival) {
  stats_.tcp_packets.add();
  stats_.tcp_payload_bytes.add(segment.payload.size());
  if (segment.missing > 0) stats_.truncated_payloads.add();
  if (segment.has(tcp_flag::kUrg)) stats_.urgent_packets.add();

  KeyedSegment keyed = flow_key_of(segment);
  FlowEntry* entry = find(keyed, segment, arrival);
  const auto direction_in = [&keyed](const FlowEntry& of) { return direction_of(keyed, of); };
  if (entry && is_strange_reset(*entry, direction_in(*entry), segment, arrival)) {
    stats_.resets_ignored.add();
    return {};
  }
  if (entry && is_decoy(*entry, direction_in(*entry), segment)) {
    stats_.bad_checksums.add();
    return {};
  }
  std::optional<Opening> opening = entry ? renewal(*entry, direction_in(*entry), segment) : opening_of(segment);
  if (!entry && !opening) {
    stats_.unfollowed_packets.add();
    return {};
  }
  if (opening) {
    entry = &open(keyed, segment, *opening, arrival);
    is_decoy(*entry, direction_in(*entry), segment);
  }
  const PacketPlace place = dispatch(*entry, direction_in(*entry), segment, arrival.time);
  packet_flow_ = FlowId();
  return place;
}

// Its receiver drops it. Right ones by chance are one in 65536: two in a row are none.
bool TcpReassembler::is_decoy(FlowEntry& entry, Direction direction, const TcpSegment& segment) {
  constexpr std::uint8_t kBelieved = 2;
  std::uint8_t& right = entry.right_checksums[index_of(direction)];
  if (segment.checksum == Checksum::kUnknown) return false;
  if (right == kBelieved) return segment.checksum == Checksum::kWrong;
  right = segment.checksum == Checksum::kRight ? static_cast<std::uint8_t>(right + 1) : std::uint8_t{0};
  return false;
}

PacketPlace TcpReassembler::dispatch(FlowEntry& entry, Direction direction, const TcpSegment& segment, Timestamp time) {
  const PacketPlace place{entry.flow.id, direction, segment.carries_stream()};
  touch(entry);
  switch (entry.state) {
    case FlowState::kClosed:
      compare_late(entry, direction, segment, time);
      [[fallthrough]];
    case FlowState::kBlocked:
      stats_.after_close_packets.add();
      return place;
    case FlowState::kIgnored:
      stats_.ignored_flow_packets.add();
      return place;
    case FlowState::kEmbryonic:
    case FlowState::kEnding:
    case FlowState::kEstablished:
      handle(entry, direction, segment, time);
      return place;
  }
  return place;
}

void TcpReassembler::handle(FlowEntry& entry, Direction direction, const TcpSegment& segment, Timestamp time) {
  if (is_foreign_syn(entry, direction, segment)) return stats_.syns_ignored.add();
  current_ = &entry;
  if (packet_flow_ != entry.flow.id) {
    packet_flow_ = entry.flow.id;
    packet_position_ = position_of(entry);
  }
  note_sender(entry, direction, segment);
  if (entry.state == FlowState::kEnding && belies_reset(entry, direction, segment)) {
    stats_.ends_disowned.add();
    flag_forged_end(entry.flow.id);
    set_state(entry, FlowState::kEmbryonic);
  }
  if (segment.has(tcp_flag::kSyn | tcp_flag::kUrg) || entry.offers_multipath) note_signs(entry, direction, segment);
  if (segment.has(tcp_flag::kRst)) {
    take_reset(entry, direction, segment);
  } else {
    // What it acknowledges was sent before.
    settle(entry, opposite(direction), time);
    add_payload(entry, direction, segment, time);
    settle(entry, direction, time);
    update_state(entry, segment);
  }
  current_ = nullptr;
  if (const std::optional<CloseReason> end = end_of(entry)) close_flow(entry, *end, time);
  account(entry);
  enforce_budget(time);
}

// Before the bytes of the packet: they may make a whole object. The answer to an offer of several paths decides; where
// it was not seen, the first data shows that somebody answered.
void TcpReassembler::note_signs(FlowEntry& entry, Direction direction, const TcpSegment& segment) {
  if (segment.has(tcp_flag::kUrg) && segment.data_size() > 0) {
    sink_.on_evasion(entry.flow.id, direction, bit(Evasion::kUrgentData));
  }
  const bool syn = segment.has(tcp_flag::kSyn);
  if (syn && !segment.has(tcp_flag::kAck)) entry.offers_multipath = segment.multipath;
  const bool answer = syn && segment.has(tcp_flag::kAck);
  const bool agreed = answer ? segment.multipath : entry.offers_multipath && segment.data_size() > 0;
  if (answer || agreed) entry.offers_multipath = false;
  if (!agreed) return;
  sink_.on_evasion(entry.flow.id, Direction::kClientToServer, bit(Evasion::kMultipath));
  sink_.on_evasion(entry.flow.id, Direction::kServerToClient, bit(Evasion::kMultipath));
}

// A segment that is to reach us and not its receiver cannot be told from one of a route that has become much longer. So
// it is counted and no sign: where it lies about bytes, those that do arrive contradict it. What was counted lowers the
// mark by one, that a change for good is not counted for ever; each segment of before puts the mark back. Without data
// it may be of somebody who answers in the host's name.
void TcpReassembler::note_hops(FlowEntry& entry, std::size_t side, const TcpSegment& segment) {
  std::uint8_t& mark = entry.hop_limit[side];
  const std::uint8_t left = std::max<std::uint8_t>(segment.hop_limit, 1);
  if (left >= mark) {
    mark = left;
  } else if (left < limits::kHopsLeftMin && left + limits::kHopsFewer <= mark && segment.data_size() > 0) {
    stats_.low_hop_segments.add();
    --mark;
  }
}

// What a packet tells of the side that sent it: its window, and how much of the other direction it has.
void TcpReassembler::note_sender(FlowEntry& entry, Direction direction, const TcpSegment& segment) {
  const std::size_t side = index_of(direction);
  note_hops(entry, side, segment);
  entry.last_seen[side] = now_;
  if (segment.has(tcp_flag::kRst)) return;
  const bool syn = segment.has(tcp_flag::kSyn);
  if (syn) entry.window_shift[side] = segment.window_shift.value_or(0);
  const std::uint32_t window = std::uint32_t{segment.window} << (syn ? 0 : entry.window_shift[side]);
  entry.window[side] = std::max(entry.window[side], window);
  if (!segment.has(tcp_flag::kAck)) return;
  TcpStream& other = entry.streams[index_of(opposite(direction))];
  // Inline nothing passes unseen: such a number cannot be true.
  const bool beyond = config_.lossless && other.started() &&
                      other.offset_of(segment.acknowledgement) > static_cast<std::int64_t>(other.highest() + 1);
  if (!beyond) other.acknowledge(segment.acknowledgement);
}

void TcpReassembler::add_payload(FlowEntry& entry, Direction direction, const TcpSegment& segment, Timestamp time) {
  TcpStream& stream = entry.streams[index_of(direction)];
  if (!stream.started()) start_stream(entry, direction, segment);
  const std::int64_t offset = stream.offset_of(segment.data_sequence());
  const std::uint64_t size = segment.data_size();
  const bool fin = segment.has(tcp_flag::kFin);
  if (size == 0 && !fin) return;
  if (is_out_of_window(entry, direction, offset)) {
    stats_.out_of_window_segments.add();
    return;
  }
  StreamOutput out = output(entry, direction, time);
  if (size > 0) {
    entry.data_packets = static_cast<std::uint8_t>(std::min(entry.data_packets + 1, 255));
    if (!stream.add(offset, segment.payload, segment.missing, out)) return refuse();
  }
  if (fin) stream.end_at(offset + static_cast<std::int64_t>(size));
}

// Behind the FINs of both sides nobody is told any more; but what was not acknowledged may still be taken (close_flow).
void TcpReassembler::compare_late(FlowEntry& entry, Direction direction, const TcpSegment& segment, Timestamp time) {
  TcpStream& stream = entry.streams[index_of(direction)];
  if (!config_.can_drop || stream.charge() == 0) return;
  StreamOutput out = output(entry, direction, time);
  if (stream.contradicts(stream.offset_of(segment.data_sequence()), segment.payload, out)) refuse();
}

void TcpReassembler::refuse() {
  contradicts_ = true;
  stats_.segments_refused.add();
}

// Its receiver would not take it, so a sender can put there what it likes. While the receiver is not heard, nothing is
// known.
bool TcpReassembler::is_out_of_window(const FlowEntry& entry, Direction direction, std::int64_t offset) const {
  const TcpStream& stream = entry.streams[index_of(direction)];
  auto edge = static_cast<std::int64_t>(stream.next());
  if (offset <= edge) return false;
  const std::size_t receiver = index_of(opposite(direction));
  if (stream.acknowledged()) edge = std::max(edge, stream.offset_of(*stream.acknowledged()));
  const bool heard = entry.seen(receiver) && entry.last_seen[receiver] + config_.hole_timeout >= now_;
  const std::uint64_t window = heard ? entry.window[receiver] + limits::kWindowSlackBytes : limits::kTcpWindowBytesMax;
  return offset > edge + static_cast<std::int64_t>(window);
}

// Gives up the holes that will not be filled.
void TcpReassembler::settle(FlowEntry& entry, Direction direction, Timestamp time) {
  TcpStream& stream = entry.streams[index_of(direction)];
  if (!stream.has_hole()) return;
  StreamOutput out = output(entry, direction, time);
  while (stream.held_charge() > config_.held_bytes_max) {
    stats_.budget_evictions.add();
    stream.lose_first_hole(out);
  }
  if (config_.lossless) {
    // What ends with a FIN is judged while the packet that brings it waits.
    while (stream.is_end_in_doubt()) stream.lose_first_hole(out);
    return;
  }
  while (stream.held_charge() > config_.reorder_bytes && stream.is_acknowledged(stream.hole_end())) {
    stream.lose_first_hole(out);
  }
  stream.judge_end(config_.reorder_bytes, out);
}

StreamOutput TcpReassembler::output(FlowEntry& entry, Direction direction, Timestamp time) {
  return {sink_, stats_, entry.flow.id, direction, time, config_.history_bytes, entry.closing, config_.can_drop};
}

std::optional<TcpPosition> TcpReassembler::position(FlowId flow) const {
  if (flow == packet_flow_ && flow) return packet_position_;
  const FlowEntry* const entry = table_.find(flow);
  if (!entry) return std::nullopt;
  return position_of(*entry);
}

const Flow* TcpReassembler::find(FlowId flow) const {
  const FlowEntry* const entry = table_.find(flow);
  return entry ? &entry->flow : datagrams_.find(flow);
}

}  // namespace sallyport
