// Tunnels in UDP, and the names of what UDP carries that nobody can look into.
#include <algorithm>
#include <array>

#include "daemon/base/byte_reader.h"
#include "daemon/net/decode_tunnel.h"
#include "daemon/net/fixed_header.h"

namespace sallyport {
namespace {

constexpr std::size_t kUdpHeaderSize = 8;

// Registered ports, and 8472, which Linux uses for VXLAN unless told otherwise.
constexpr std::uint16_t kPortL2tp = 1701;
constexpr std::uint16_t kPortGtpU = 2152;
constexpr std::uint16_t kPortTeredo = 3544;
constexpr std::uint16_t kPortIpsec = 4500;
constexpr std::uint16_t kPortGre = 4754;
constexpr std::uint16_t kPortVxlan = 4789;
constexpr std::uint16_t kPortVxlanGpe = 4790;
constexpr std::uint16_t kPortGeneve = 6081;
constexpr std::uint16_t kPortMpls = 6635;
constexpr std::uint16_t kPortVxlanLinux = 8472;
constexpr std::uint16_t kPortOpenVpn = 1194;

struct Datagram {
  std::uint16_t source = 0;
  std::uint16_t destination = 0;
  Bytes payload;

  bool has_port(std::uint16_t port) const { return source == port || destination == port; }
};

bool read_datagram(const IpPacket& packet, Datagram& out) {
  if (packet.payload.size() < kUdpHeaderSize) return false;
  const FixedHeader<kUdpHeaderSize> header(packet.payload.first<kUdpHeaderSize>());
  out = {header.u16<0>(), header.u16<2>(), packet.payload.subspan(kUdpHeaderSize)};
  return true;
}

TunnelAnswer found(TunnelKind kind, std::uint16_t type, Bytes bytes, TunnelPayload& out) {
  out.kind = kind;
  out.type = type;
  out.bytes = bytes;
  return TunnelAnswer::kFound;
}

// RFC 7348 5: only the I flag is sure to be set. The generic protocol extension says in the fourth byte what follows.
TunnelAnswer decode_vxlan(Bytes bytes, TunnelPayload& out) {
  constexpr std::uint8_t kHasNetwork = 0x08;
  constexpr std::uint8_t kHasProtocol = 0x04;
  if (bytes.size() < 8) return TunnelAnswer::kMalformed;
  const FixedHeader<8> header(bytes.first<8>());
  if ((header.u8<0>() & kHasNetwork) == 0) return TunnelAnswer::kNoTunnel;
  static constexpr std::uint16_t kTypes[] = {ether_type::kEthernet, ether_type::kIpv4,          ether_type::kIpv6,
                                             ether_type::kEthernet, ether_type::kServiceHeader, ether_type::kMpls};
  const std::uint8_t protocol = (header.u8<0>() & kHasProtocol) != 0 ? header.u8<3>() : 0;
  if (protocol >= std::size(kTypes)) return TunnelAnswer::kNoTunnel;
  out.tenant = header.u32<4>() >> 8;
  return found(TunnelKind::kVxlan, kTypes[protocol], bytes.subspan(8), out);
}

// RFC 8926 3.4.
TunnelAnswer decode_geneve(Bytes bytes, TunnelPayload& out) {
  if (bytes.size() < 8) return TunnelAnswer::kMalformed;
  const FixedHeader<8> header(bytes.first<8>());
  const std::size_t size = 8 + (header.u8<0>() & 0x3fU) * std::size_t{4};
  if (header.u8<0>() >> 6 != 0) return TunnelAnswer::kNoTunnel;
  if (size > bytes.size()) return TunnelAnswer::kMalformed;
  out.tenant = header.u32<4>() >> 8;
  return found(TunnelKind::kGeneve, header.u16<2>(), bytes.subspan(size), out);
}

// 3GPP TS 29.281 5: only message type 255 carries a user's packet. Extension headers count in words and end with the
// type of the next one.
TunnelAnswer decode_gtp_u(Bytes bytes, TunnelPayload& out) {
  constexpr std::uint8_t kUserPacket = 255;
  ByteReader reader(bytes);
  const std::uint8_t flags = reader.u8();
  const std::uint8_t message = reader.u8();
  reader.skip(2);
  out.tenant = reader.u32be();
  if (!reader.ok()) return TunnelAnswer::kMalformed;
  if (flags >> 5 != 1 || (flags & 0x10U) == 0 || message != kUserPacket) return TunnelAnswer::kNoTunnel;
  std::uint8_t extension = 0;
  if ((flags & 7U) != 0) {
    reader.skip(3);
    extension = reader.u8();
    if ((flags & 4U) == 0) extension = 0;
  }
  while (extension != 0 && reader.ok()) {
    const std::size_t size = reader.u8() * std::size_t{4};
    if (size == 0) return TunnelAnswer::kMalformed;
    reader.skip(size - 2);
    extension = reader.u8();
  }
  if (!reader.ok()) return TunnelAnswer::kMalformed;
  const bool frame = is_plausible_ethernet(reader.rest()) && !is_plausible_ip(reader.rest());
  return found(TunnelKind::kGtpU, frame ? ether_type::kEthernet : ether_type::kIpv4, reader.rest(), out);
}

// RFC 4380 5.1.1: authentication, then origin, each may lack; then IPv6.
TunnelAnswer decode_teredo(Bytes bytes, TunnelPayload& out) {
  ByteReader reader(bytes);
  if (bytes.size() >= 2 && bytes[0] == std::byte{0} && bytes[1] == std::byte{1}) {
    reader.skip(2);
    const std::size_t client_size = reader.u8();
    const std::size_t value_size = reader.u8();
    reader.skip(client_size + value_size + 9);
  }
  const Bytes rest = reader.rest();
  if (rest.size() >= 2 && rest[0] == std::byte{0} && rest[1] == std::byte{0}) reader.skip(8);
  if (!reader.ok()) return TunnelAnswer::kMalformed;
  if (!is_plausible_ip(reader.rest())) return TunnelAnswer::kNoTunnel;
  return found(TunnelKind::kTeredo, ether_type::kIpv6, reader.rest(), out);
}

// RFC 2661 3.1: data messages of version 2 carry PPP; RFC 3931 4.1.2.1 for version 3.
TunnelAnswer decode_l2tp(Bytes bytes, TunnelPayload& out) {
  ByteReader reader(bytes);
  const std::uint16_t flags = reader.u16be();
  if (!reader.ok()) return TunnelAnswer::kMalformed;
  if ((flags & 0x8000U) != 0) return TunnelAnswer::kNoTunnel;  // control
  if ((flags & 0x000fU) == 3) {
    reader.skip(2);
    return decode_l2tp3(reader.rest(), out);
  }
  if ((flags & 0x000fU) != 2) return TunnelAnswer::kNoTunnel;
  if ((flags & 0x4000U) != 0) reader.skip(2);
  out.tenant = reader.u32be();
  if ((flags & 0x0800U) != 0) reader.skip(4);
  if ((flags & 0x0200U) != 0) reader.skip(reader.u16be());
  if (!reader.ok()) return TunnelAnswer::kMalformed;
  return found(TunnelKind::kL2tp, ether_type::kPpp, reader.rest(), out);
}

TunnelAnswer decode_by_port(const Datagram& datagram, TunnelPayload& out) {
  for (const std::uint16_t port : {datagram.destination, datagram.source}) {
    switch (port) {
      case kPortVxlan:
      case kPortVxlanGpe:
      case kPortVxlanLinux:
        return decode_vxlan(datagram.payload, out);
      case kPortGeneve:
        return decode_geneve(datagram.payload, out);
      case kPortGtpU:
        return decode_gtp_u(datagram.payload, out);
      case kPortTeredo:
        return decode_teredo(datagram.payload, out);
      case kPortL2tp:
        return decode_l2tp(datagram.payload, out);
      case kPortGre:
        return decode_gre(datagram.payload, out);
      case kPortMpls:
        return found(TunnelKind::kMpls, ether_type::kMpls, datagram.payload, out);
      default:
        break;
    }
  }
  return TunnelAnswer::kNoTunnel;
}

/// Inside a frame or packet whose every byte is accounted for by IP, but for the padding of short frames.
bool holds_ip(const TunnelPayload& payload) {
  NetworkPacket inner;
  if (strip_ether_type(payload.type, payload.bytes, inner) != DropReason::kNone) return false;
  IpPacket ip;
  return is_plausible_ip(inner.bytes) && decode_ip(inner, true, ip) == DropReason::kNone;
}

/// IP and nothing else: the version of IPv6 alone is four bits, which any payload may begin with.
bool is_only_ip(Bytes bytes) {
  if (!is_plausible_ip(bytes)) return false;
  const FixedHeader<8> header(bytes.first<8>());
  if (header.u8<0>() >> 4 == 4) return header.u16<2>() == bytes.size();
  static constexpr std::uint8_t kNext[] = {0, 4, 6, 17, 41, 43, 44, 47, 58, 60};
  return header.u16<4>() == bytes.size() - 40 && std::ranges::find(kNext, header.u8<6>()) != std::end(kNext);
}

TunnelAnswer decode_by_form(Bytes bytes, TunnelPayload& out) {
  if (bytes.size() < 28) return TunnelAnswer::kNoTunnel;
  const FixedHeader<8> header(bytes.first<8>());
  const std::uint8_t first = header.u8<0>();
  const bool vxlan = first == 0x08 && header.u32<0>() == 0x08000000U && header.u8<7>() == 0;
  if (vxlan && decode_vxlan(bytes, out) == TunnelAnswer::kFound && holds_ip(out)) return TunnelAnswer::kFound;
  const bool geneve = first < 0x40 && (header.u8<1>() & 0x3fU) == 0 && header.u8<7>() == 0;
  if (geneve && decode_geneve(bytes, out) == TunnelAnswer::kFound && holds_ip(out)) return TunnelAnswer::kFound;
  const bool gtp = first >> 4 == 3 && header.u8<1>() == 255 && header.u16<2>() == bytes.size() - 8;
  if (gtp && decode_gtp_u(bytes, out) == TunnelAnswer::kFound && holds_ip(out)) return TunnelAnswer::kFound;
  out = TunnelPayload();
  if (is_only_ip(bytes)) return found(TunnelKind::kIpInIp, ether_type::kIpv4, bytes, out);
  return TunnelAnswer::kNoTunnel;
}

// RFC 9000 17.2: long header with the fixed bit and a version; 17.3.1: nothing tells a short header but its port.
bool is_quic(const Datagram& datagram) {
  ByteReader reader(datagram.payload);
  const std::uint8_t first = reader.u8();
  const std::uint32_t version = reader.u32be();
  const std::uint8_t id_size = reader.u8();
  if (!reader.ok()) return false;
  constexpr std::uint32_t kVersion2 = 0x6b3343cf;  // RFC 9369
  const bool known = version <= 1 || version == kVersion2 || version >> 8 == 0xff0000U || version >> 24 == 'Q';
  if ((first & 0x80U) != 0 && known && id_size <= 20) return true;
  return (first & 0xc0U) == 0x40U && datagram.has_port(443);
}

// RFC 9147 4, RFC 6347 4.1: content type, then version 254.255, 254.253.
bool is_dtls(Bytes payload) {
  if (payload.size() < 13) return false;
  const FixedHeader<13> header(payload.first<13>());
  return header.u8<0>() >= 20 && header.u8<0>() <= 26 && header.u8<1>() == 0xfe && header.u8<2>() >= 0xfd;
}

// The four messages of WireGuard: a type, three zeros, and a fixed size but for data, which comes in sixteens.
bool is_wireguard(Bytes payload) {
  if (payload.size() < 32) return false;
  switch (FixedHeader<4>(payload.first<4>()).u32<0>()) {
    case 0x01000000:
      return payload.size() == 148;
    case 0x02000000:
      return payload.size() == 92;
    case 0x03000000:
      return payload.size() == 64;
    case 0x04000000:
      return payload.size() % 16 == 0;
    default:
      return false;
  }
}

OpaqueTraffic udp_traffic_of(const IpPacket& packet) {
  Datagram datagram;
  if (!read_datagram(packet, datagram)) return OpaqueTraffic::kUdp;
  if (datagram.has_port(kPortIpsec)) return OpaqueTraffic::kIpsec;
  if (is_wireguard(datagram.payload)) return OpaqueTraffic::kWireGuard;
  if (is_dtls(datagram.payload)) return OpaqueTraffic::kDtls;
  if (datagram.has_port(kPortOpenVpn)) return OpaqueTraffic::kOpenVpn;
  return is_quic(datagram) ? OpaqueTraffic::kQuic : OpaqueTraffic::kUdp;
}

}  // namespace

TunnelAnswer decode_udp_tunnel(const IpPacket& packet, TunnelPayload& out) {
  out = TunnelPayload();
  Datagram datagram;
  if (!read_datagram(packet, datagram)) return TunnelAnswer::kNoTunnel;
  // What a well-known port lacks of its form may be another program's: then it is looked at like any other.
  if (decode_by_port(datagram, out) == TunnelAnswer::kFound) return TunnelAnswer::kFound;
  return decode_by_form(datagram.payload, out);
}

OpaqueTraffic opaque_traffic_of(const IpPacket& packet) {
  switch (packet.protocol) {
    case ip_protocol::kUdp:
      return udp_traffic_of(packet);
    case ip_protocol::kIcmp:
    case ip_protocol::kIcmpV6:
      return OpaqueTraffic::kIcmp;
    case ip_protocol::kEsp:
      return OpaqueTraffic::kIpsec;
    case ip_protocol::kSctp:
      return OpaqueTraffic::kSctp;
    default:
      return OpaqueTraffic::kOther;
  }
}

std::string_view to_string(OpaqueTraffic traffic) {
  static constexpr std::array<std::string_view, kOpaqueTrafficCount> kWords{
      "udp",  "quic", "dtls",  "wireguard", "openvpn",   "ipsec",
      "icmp", "sctp", "other", "not_ip",    "encrypted", "too_deep"};
  return kWords[static_cast<std::size_t>(traffic)];
}

}  // namespace sallyport
