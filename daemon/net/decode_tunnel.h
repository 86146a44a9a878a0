// Packets inside packets: what a tunnel carries, found by its protocol number, its UDP port or, on any port, its shape.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/net/decode.h"

namespace sallyport {

/// EtherTypes as a common word for what may lie inside. GRE names its payload by them (RFC 2784 2.4).
namespace ether_type {
inline constexpr std::uint16_t kIpv4 = 0x0800;  ///< as payload of a tunnel: IPv4 or IPv6, told apart by the version
inline constexpr std::uint16_t kIpv6 = 0x86dd;
inline constexpr std::uint16_t kEthernet = 0x6558;  ///< a whole frame ("transparent Ethernet bridging")
inline constexpr std::uint16_t kPpp = 0x880b;
inline constexpr std::uint16_t kMpls = 0x8847;  ///< and 0x8848, with upstream-assigned labels (RFC 5332)
inline constexpr std::uint16_t kMplsUpstream = 0x8848;
inline constexpr std::uint16_t kServiceHeader = 0x894f;  ///< NSH (RFC 8300)
}  // namespace ether_type

enum class TunnelKind : std::uint8_t {
  kIpInIp,   ///< 4in4, 6in4, 4in6, 6in6 (RFC 2003, 2473, 4213), and IP straight in UDP
  kGre,      ///< RFC 2784, 2890, 1701; version 1 of PPTP (RFC 2637); NVGRE (RFC 7637); in UDP (RFC 8086)
  kErspan,   ///< types I, II and III, in GRE
  kEtherIp,  ///< RFC 3378
  kMpls,     ///< in IP (RFC 4023) or UDP (RFC 7510)
  kL2tp,     ///< versions 2 and 3 (RFC 2661, 3931)
  kVxlan,    ///< RFC 7348, with the generic protocol extension
  kGeneve,   ///< RFC 8926
  kGtpU,     ///< 3GPP TS 29.281
  kTeredo,   ///< RFC 4380
};
inline constexpr std::size_t kTunnelKindCount = 10;
/// The word of metric labels, such as "vxlan".
std::string_view to_string(TunnelKind kind);

/// The payload borrows the packet's bytes.
struct TunnelPayload {
  TunnelKind kind = TunnelKind::kIpInIp;
  std::uint16_t type = ether_type::kIpv4;  ///< what `bytes` begins with
  Bytes bytes;
  std::uint32_t tenant = 0;  ///< network identifier, key or tunnel id; 0 where there is none
};

enum class TunnelAnswer : std::uint8_t { kNoTunnel, kFound, kMalformed };

/// `packet` must be no fragment and no TCP.
[[nodiscard]] TunnelAnswer decode_tunnel(const IpPacket& packet, TunnelPayload& out);
/// The same for the payload of UDP. On a well-known port the form decides; elsewhere what is inside has to be an IP
/// packet that agrees with its own lengths and checksum, so that a tunnel is found on any port and nothing else is
/// taken for one.
[[nodiscard]] TunnelAnswer decode_udp_tunnel(const IpPacket& packet, TunnelPayload& out);
/// Payloads that have a protocol number of their own and lie in UDP too.
[[nodiscard]] TunnelAnswer decode_gre(Bytes bytes, TunnelPayload& out);
[[nodiscard]] TunnelAnswer decode_l2tp3(Bytes bytes, TunnelPayload& out);

/// Whether `bytes` begin with an IP header that agrees with itself: lengths, and the checksum of IPv4.
bool is_plausible_ip(Bytes bytes);
/// Whether `bytes` begin with an Ethernet header whose type is known and, for IP, followed by the right version.
bool is_plausible_ethernet(Bytes bytes);

/// IP traffic that no parser looks into, so that what is not inspected can be counted by name.
enum class OpaqueTraffic : std::uint8_t {
  kUdp,  ///< none of those below
  kQuic,
  kDtls,
  kWireGuard,
  kOpenVpn,
  kIpsec,  ///< ESP (RFC 4303), also in UDP (RFC 3948)
  kIcmp,
  kSctp,
  kOther,      ///< every other protocol number
  kNotIp,      ///< ARP, LLC and other link protocols: whole packets
  kEncrypted,  ///< on the link: MACsec, PPP encryption
  kTooDeep,    ///< inside more tunnels or tags than are opened
};
inline constexpr std::size_t kOpaqueTrafficCount = 12;
/// The word of metric labels, such as "wireguard".
std::string_view to_string(OpaqueTraffic traffic);
/// Of a packet that is neither TCP nor a tunnel. UDP is told by the form of its first bytes and, for OpenVPN, the port.
OpaqueTraffic opaque_traffic_of(const IpPacket& packet);

}  // namespace sallyport
