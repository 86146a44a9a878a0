#include "daemon/net/datagram_flows.h"

#include <algorithm>

#include "daemon/net/fixed_header.h"

namespace sallyport {
namespace {

constexpr unsigned kShardShift = 56;
// The flows of TCP reach this bit after 2^35 uses of one slot of their table.
constexpr std::uint64_t kDatagramBit = std::uint64_t{1} << 55;
constexpr std::size_t kUdpHeaderSize = 8;
constexpr std::uint16_t kPortHttps = 443;

// The endpoints, in the form that has a key already.
TcpSegment ends_of(const IpPacket& packet) {
  TcpSegment ends;
  ends.source.address = packet.source;
  ends.destination.address = packet.destination;
  if (packet.protocol != ip_protocol::kUdp || packet.payload.size() < kUdpHeaderSize) return ends;
  const FixedHeader<4> header(packet.payload.first<4>());
  ends.source.port = header.u16<0>();
  ends.destination.port = header.u16<2>();
  return ends;
}

Bytes payload_of(const IpPacket& packet) {
  const bool udp = packet.protocol == ip_protocol::kUdp;
  return udp ? packet.payload.subspan(std::min(kUdpHeaderSize, packet.payload.size())) : packet.payload;
}

}  // namespace

bool is_followed(OpaqueTraffic traffic) {
  switch (traffic) {
    case OpaqueTraffic::kQuic:
    case OpaqueTraffic::kDtls:
    case OpaqueTraffic::kWireGuard:
    case OpaqueTraffic::kOpenVpn:
    case OpaqueTraffic::kIpsec:
      return true;
    default:
      return false;
  }
}

DatagramFlows::DatagramFlows(StreamSink& sink, const ReassemblyConfig& config, NetStats& stats)
    : sink_(sink), config_(config), stats_(stats), by_key_(0, Hash{random_hash_secret()}) {}

PacketPlace DatagramFlows::on_packet(const IpPacket& packet, OpaqueTraffic traffic, bool tunnelled, Timestamp time) {
  const std::uint64_t size = packet.payload.size() + std::uint64_t{packet.missing};
  const bool may_belong = is_followed(traffic) || (traffic == OpaqueTraffic::kUdp && !by_key_.empty());
  if (!may_belong) {
    stats_.add(traffic, size);
    return {};
  }
  const TcpSegment ends = ends_of(packet);
  const KeyedSegment keyed = flow_key_of(ends);
  const auto known = by_key_.find(keyed.key);
  if (known == by_key_.end() && traffic == OpaqueTraffic::kUdp) {
    stats_.add(traffic, size);
    return {};
  }
  Entry& entry = known == by_key_.end() ? open(keyed, ends, traffic, tunnelled, time) : *known->second;
  stats_.add(entry.traffic, size);
  const bool from_client = keyed.source_is_low == entry.client_is_low;
  const Direction direction = from_client ? Direction::kClientToServer : Direction::kServerToClient;
  const PacketPlace place{entry.flow.id, direction, true};
  entry.active = time;
  Entries& list = entry.blocked ? blocked_ : live_;
  list.splice(list.end(), list, by_id_.at(entry.flow.id));
  hand_on(entry, direction, packet, time);
  return place;
}

DatagramFlows::Entry& DatagramFlows::open(const KeyedSegment& keyed, const TcpSegment& ends, OpaqueTraffic traffic,
                                          bool tunnelled, Timestamp time) {
  if (by_id_.size() >= config_.datagram_flows_max) {
    Entries& list = live_.empty() ? blocked_ : live_;
    if (list.front().open) finish(list.front(), CloseReason::kEvicted, time);
    forget(list);
  }
  Entry& entry = live_.emplace_back();
  const auto place = std::prev(live_.end());
  const bool from_server = ends.source.port == kPortHttps && ends.destination.port != kPortHttps;
  entry.key = keyed.key;
  entry.traffic = traffic;
  entry.client_is_low = keyed.source_is_low != from_server;
  entry.active = time;
  entry.flow.id = FlowId{std::uint64_t{config_.shard} << kShardShift | kDatagramBit | ++last_id_};
  entry.flow.client = from_server ? ends.destination : ends.source;
  entry.flow.server = from_server ? ends.source : ends.destination;
  entry.flow.opened = time;
  entry.flow.tunnelled = tunnelled;
  entry.flow.transport = traffic == OpaqueTraffic::kQuic ? Transport::kQuic : Transport::kEncrypted;
  by_key_.emplace(entry.key, place);
  by_id_.emplace(entry.flow.id, place);
  current_ = &entry;
  entry.open = sink_.on_open(entry.flow) != Interest::kNone;
  current_ = nullptr;
  return entry;
}

void DatagramFlows::hand_on(Entry& entry, Direction direction, const IpPacket& packet, Timestamp time) {
  current_ = &entry;
  std::uint64_t& size = entry.size[index_of(direction)];
  const Bytes payload = payload_of(packet);
  if (entry.open && !entry.closing && !payload.empty()) {
    sink_.on_bytes(entry.flow.id, direction, size, payload, time);
    size += payload.size();
  }
  if (entry.open && !entry.closing && packet.missing > 0) {
    sink_.on_gap(entry.flow.id, direction, size, packet.missing, time);
    size += packet.missing;
  }
  current_ = nullptr;
  if (entry.open && entry.closing) finish(entry, *entry.closing, time);
}

void DatagramFlows::close(FlowId flow, CloseReason reason, Timestamp time) {
  const auto found = by_id_.find(flow);
  if (found == by_id_.end() || found->second->closing) return;
  Entry& entry = *found->second;
  entry.closing = reason;
  if (&entry != current_ && entry.open) finish(entry, reason, time);
}

// A blocked flow stays, so that its packets go on being named; what ended otherwise is for the caller to forget.
void DatagramFlows::finish(Entry& entry, CloseReason reason, Timestamp time) {
  entry.open = false;
  entry.closing = reason;
  if (reason == CloseReason::kBlocked) {
    entry.blocked = true;
    blocked_.splice(blocked_.end(), live_, by_id_.at(entry.flow.id));
  }
  sink_.on_close(entry.flow.id, reason, time);
}

void DatagramFlows::forget(Entries& list) {
  by_key_.erase(list.front().key);
  by_id_.erase(list.front().flow.id);
  list.pop_front();
}

void DatagramFlows::expire(Entries& list, Duration timeout, Timestamp now) {
  while (!list.empty() && list.front().active + timeout <= now) {
    if (list.front().open) finish(list.front(), CloseReason::kIdleTimeout, now);
    forget(list);
  }
}

void DatagramFlows::on_tick(Timestamp now) {
  expire(live_, config_.datagram_timeout, now);
  expire(blocked_, config_.blocked_timeout, now);
}

void DatagramFlows::on_end(Timestamp now) {
  for (Entries* const list : {&live_, &blocked_}) {
    while (!list->empty()) {
      if (list->front().open) finish(list->front(), CloseReason::kShutdown, now);
      forget(*list);
    }
  }
}

const Flow* DatagramFlows::find(FlowId flow) const {
  const auto found = by_id_.find(flow);
  return found == by_id_.end() ? nullptr : &found->second->flow;
}

}  // namespace sallyport
