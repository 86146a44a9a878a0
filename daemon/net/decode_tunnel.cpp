// Tunnels with an IP protocol number of their own.
#include "daemon/net/decode_tunnel.h"

#include <array>

#include "daemon/base/byte_reader.h"
#include "daemon/net/fixed_header.h"

namespace sallyport {
namespace {

// GRE (RFC 2784 2.1, RFC 2890 2, RFC 1701).
constexpr std::uint16_t kGreChecksum = 0x8000;
constexpr std::uint16_t kGreRouting = 0x4000;
constexpr std::uint16_t kGreKey = 0x2000;
constexpr std::uint16_t kGreSequence = 0x1000;
constexpr std::uint16_t kGreAcknowledgement = 0x0080;  // version 1 (RFC 2637 4.1)
constexpr std::uint16_t kGreVersion = 0x0007;
constexpr std::uint16_t kErspan = 0x88be;     // types I and II
constexpr std::uint16_t kErspanIii = 0x22eb;  // type III
constexpr std::uint16_t kWccp = 0x883e;       // a redirected packet; version 2 puts four bytes before it

// Both lengths of the source route entry zero ends the list (RFC 1701).
void skip_routing(ByteReader& reader) {
  while (reader.ok()) {
    reader.skip(3);
    const std::uint8_t length = reader.u8();
    if (length == 0) return;
    reader.skip(length);
  }
}

// A mirrored frame behind a header of none, 8, or 12 and perhaps 8 more bytes. Only a sequence number tells types I and
// II apart.
TunnelAnswer decode_erspan(std::uint16_t protocol, bool has_sequence, Bytes bytes, TunnelPayload& out) {
  out.kind = TunnelKind::kErspan;
  out.type = ether_type::kEthernet;
  out.bytes = bytes;
  if (protocol == kErspan && !has_sequence) return TunnelAnswer::kFound;
  if (bytes.size() < 8) return TunnelAnswer::kMalformed;
  const FixedHeader<8> header(bytes.first<8>());
  out.tenant = header.u16<2>() & 0x03ffU;  // session
  const unsigned version = header.u8<0>() >> 4;
  std::size_t size = 8;
  if (version == 2) {
    if (bytes.size() < 12) return TunnelAnswer::kMalformed;
    const std::uint16_t last = FixedHeader<12>(bytes.first<12>()).u16<10>();
    size = (last & 1U) != 0 ? 20 : 12;
    if ((last >> 10 & 0x1fU) == 2) out.type = ether_type::kIpv4;  // frame type: IP without a link header
  }
  if (bytes.size() < size) return TunnelAnswer::kMalformed;
  out.bytes = bytes.subspan(size);
  return TunnelAnswer::kFound;
}

TunnelAnswer decode_ether_ip(Bytes bytes, TunnelPayload& out) {
  if (bytes.size() < 2) return TunnelAnswer::kMalformed;
  out.kind = TunnelKind::kEtherIp;
  out.type = ether_type::kEthernet;
  out.bytes = bytes.subspan(2);
  return TunnelAnswer::kFound;
}

TunnelAnswer plain(TunnelKind kind, std::uint16_t type, Bytes bytes, TunnelPayload& out) {
  out.kind = kind;
  out.type = type;
  out.bytes = bytes;
  return TunnelAnswer::kFound;
}

}  // namespace

TunnelAnswer decode_gre(Bytes bytes, TunnelPayload& out) {
  ByteReader reader(bytes);
  const std::uint16_t flags = reader.u16be();
  const std::uint16_t protocol = reader.u16be();
  const bool version1 = (flags & kGreVersion) == 1;
  if ((flags & kGreVersion) > 1) return TunnelAnswer::kMalformed;
  if ((flags & (kGreChecksum | kGreRouting)) != 0) reader.skip(4);
  if ((flags & kGreKey) != 0) out.tenant = reader.u32be();
  if (version1) out.tenant &= 0xffffU;  // the other half is a length
  if ((flags & kGreSequence) != 0) reader.skip(4);
  if (version1 && (flags & kGreAcknowledgement) != 0) reader.skip(4);
  if ((flags & kGreRouting) != 0) skip_routing(reader);
  if (!reader.ok()) return TunnelAnswer::kMalformed;
  out.kind = TunnelKind::kGre;
  out.type = protocol;
  out.bytes = reader.rest();
  if (protocol == kErspan || protocol == kErspanIii) {
    return decode_erspan(protocol, (flags & kGreSequence) != 0, reader.rest(), out);
  }
  if (protocol == kWccp) {
    out.type = ether_type::kIpv4;
    const bool redirect_header = !out.bytes.empty() && std::to_integer<unsigned>(out.bytes[0]) >> 4 != 4;
    if (redirect_header) out.bytes = out.bytes.subspan(std::min<std::size_t>(4, out.bytes.size()));
  }
  return TunnelAnswer::kFound;
}

TunnelAnswer decode_l2tp3(Bytes bytes, TunnelPayload& out) {
  ByteReader reader(bytes);
  const std::uint32_t session = reader.u32be();
  if (!reader.ok()) return TunnelAnswer::kMalformed;
  if (session == 0) return TunnelAnswer::kNoTunnel;  // control messages
  out.kind = TunnelKind::kL2tp;
  out.tenant = session;
  // Signalling tells the sizes of cookie (0, 4, 8) and sublayer (0, 4): here the frame has to show itself.
  for (const std::size_t skip : {4U, 0U, 8U, 12U}) {
    if (skip > reader.remaining()) continue;
    const Bytes inner = reader.rest().subspan(skip);
    if (!is_plausible_ethernet(inner) && !is_plausible_ip(inner)) continue;
    out.type = is_plausible_ethernet(inner) ? ether_type::kEthernet : ether_type::kIpv4;
    out.bytes = inner;
    return TunnelAnswer::kFound;
  }
  return TunnelAnswer::kNoTunnel;
}

TunnelAnswer decode_tunnel(const IpPacket& packet, TunnelPayload& out) {
  out = TunnelPayload();
  switch (packet.protocol) {
    case ip_protocol::kIpv4:
    case ip_protocol::kIpv6:
      return plain(TunnelKind::kIpInIp, ether_type::kIpv4, packet.payload, out);
    case ip_protocol::kUdp:
      return decode_udp_tunnel(packet, out);
    case ip_protocol::kGre:
      return decode_gre(packet.payload, out);
    case ip_protocol::kEtherIp:
      return decode_ether_ip(packet.payload, out);
    case ip_protocol::kMpls:
      return plain(TunnelKind::kMpls, ether_type::kMpls, packet.payload, out);
    case ip_protocol::kL2tp:
      return decode_l2tp3(packet.payload, out);
    default:
      return TunnelAnswer::kNoTunnel;
  }
}

std::string_view to_string(TunnelKind kind) {
  static constexpr std::array<std::string_view, kTunnelKindCount> kWords{
      "ip_in_ip", "gre", "erspan", "etherip", "mpls", "l2tp", "vxlan", "geneve", "gtp_u", "teredo"};
  return kWords[static_cast<std::size_t>(kind)];
}

}  // namespace sallyport
