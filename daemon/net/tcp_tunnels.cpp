// Packets inside packets, and whose they are: tunnels, tenants that use the same addresses, and traffic that is no TCP.
#include "daemon/base/limits.h"
#include "daemon/net/tcp_reassembler.h"

namespace sallyport {
namespace {

// Bit 31 makes it differ from 0, the first to come.
std::uint32_t tenant_of(std::uint32_t path) {
  return path | 1U << 31;
}

std::uint32_t word_of(const IpAddress& address) {
  std::uint32_t word = 0;
  for (const std::uint8_t byte : address.bytes()) word = word * 31 + byte;
  return word;
}

bool is_near(std::uint32_t left, std::uint32_t right) {
  const std::uint32_t distance = left - right;
  return distance <= limits::kSameFlowBytes || -distance <= limits::kSameFlowBytes;
}

}  // namespace

PacketPlace TcpReassembler::drop(DropReason reason, std::size_t size) {
  switch (reason) {
    case DropReason::kNone:
      break;
    case DropReason::kTruncated:
      stats_.truncated_headers.add();
      break;
    case DropReason::kMalformed:
      stats_.malformed.add();
      break;
    case DropReason::kBadChecksum:
      stats_.bad_checksums.add();
      break;
    case DropReason::kNotIp:
      stats_.add(OpaqueTraffic::kNotIp, size);
      break;
    case DropReason::kEncrypted:
      stats_.add(OpaqueTraffic::kEncrypted, size);
      break;
    case DropReason::kTooDeep:
      stats_.add(OpaqueTraffic::kTooDeep, size);
      break;
  }
  return {};
}

PacketPlace TcpReassembler::on_no_tcp(const IpPacket& packet, const Arrival& arrival) {
  if (packet.protocol == ip_protocol::kAuthentication) {
    IpPacket inner = packet;
    const DropReason reason = skip_ipv6_extensions(inner);
    if (reason == DropReason::kNone && inner.protocol != ip_protocol::kAuthentication && !inner.is_fragment) {
      return on_transport(inner, arrival);
    }
    return drop(reason == DropReason::kNone ? DropReason::kMalformed : reason, packet.payload.size());
  }
  TunnelPayload payload;
  switch (decode_tunnel(packet, payload)) {
    case TunnelAnswer::kFound:
      return open_tunnel(payload, packet, arrival);
    case TunnelAnswer::kMalformed:
      stats_.malformed.add();
      return {};
    case TunnelAnswer::kNoTunnel:
      break;
  }
  return datagrams_.on_packet(packet, opaque_traffic_of(packet), arrival.tunnelled, arrival.time);
}

// The path is the same for both directions of a tunnel: its ends go in whichever way they are ordered.
PacketPlace TcpReassembler::open_tunnel(const TunnelPayload& payload, const IpPacket& outer, Arrival arrival) {
  if (arrival.depth == limits::kTunnelDepthMax) return drop(DropReason::kTooDeep, outer.payload.size());
  ++arrival.depth;
  arrival.tunnelled = true;
  NetworkPacket inner;
  inner.missing = outer.missing;
  const std::uint32_t ends = word_of(outer.source) ^ word_of(outer.destination);
  inner.path = mix_path(mix_path(arrival.path, ends + static_cast<std::uint32_t>(payload.kind)), payload.tenant);
  const DropReason reason = strip_ether_type(payload.type, payload.bytes, inner);
  stats_.tunnel_packets[static_cast<std::size_t>(payload.kind)].add();
  if (reason != DropReason::kNone) return drop(reason, payload.bytes.size());
  arrival.path = inner.path;
  return on_ip(inner, arrival);
}

FlowEntry* TcpReassembler::find(KeyedSegment& keyed, const TcpSegment& segment, const Arrival& arrival) const {
  if (tenants_ > 0) {
    FlowKey own = keyed.key;
    own.tenant = tenant_of(arrival.path);
    if (FlowEntry* const entry = table_.find(own)) {
      keyed.key = own;
      return entry;
    }
  }
  FlowEntry* const entry = table_.find(keyed.key);
  if (!entry) return nullptr;
  const bool from_client = keyed.source_is_low == entry->client_is_low;
  const Direction direction = from_client ? Direction::kClientToServer : Direction::kServerToClient;
  std::uint32_t& path = entry->path[index_of(direction)];
  if (path == arrival.path) return entry;
  if (is_of_tenant(*entry, direction, segment)) {
    if (segment.data_size() > 0 || !entry->seen(index_of(direction))) path = arrival.path;
    return entry;
  }
  keyed.key.tenant = tenant_of(arrival.path);
  return nullptr;
}

// It came another way than what this side sent before. One direction may lack a tag and routes change, so a segment
// that the connection waits for is its own; what does not fit in is another tenant's.
bool TcpReassembler::is_of_tenant(const FlowEntry& entry, Direction direction, const TcpSegment& segment) {
  if (entry.state == FlowState::kClosed && segment.has(tcp_flag::kSyn)) return true;
  const TcpStream& stream = entry.streams[index_of(direction)];
  const TcpStream& other = entry.streams[index_of(opposite(direction))];
  if (stream.started()) return is_near(segment.data_sequence(), stream.next_sequence());
  if (other.started() && segment.has(tcp_flag::kAck)) return is_near(segment.acknowledgement, other.next_sequence());
  return true;
}

// Its sender speaks another way: anybody who can build a tunnel could say that. The connection ends when it falls
// silent.
bool TcpReassembler::is_strange_reset(const FlowEntry& entry, Direction direction, const TcpSegment& segment,
                                      const Arrival& arrival) {
  const std::size_t side = index_of(direction);
  return segment.has(tcp_flag::kRst) && entry.seen(side) && entry.path[side] != arrival.path;
}

}  // namespace sallyport
