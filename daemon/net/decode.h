// First step of net: from captured bytes to one TCP segment. Pure functions over borrowed bytes.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/base/bytes.h"
#include "daemon/contract/ip_address.h"
#include "daemon/contract/packet.h"

namespace sallyport {

enum class DropReason : std::uint8_t {
  kNone,
  kTruncated,  ///< the capture ends inside a header
  kMalformed,  ///< no receiver would take it
  kBadChecksum,
  kNotIp,
  kEncrypted,  ///< on the link: MACsec, PPP encryption
  kTooDeep,    ///< more tags and link headers than are stepped over
};

namespace ip_protocol {
inline constexpr std::uint8_t kIcmp = 1;
inline constexpr std::uint8_t kIpv4 = 4;
inline constexpr std::uint8_t kTcp = 6;
inline constexpr std::uint8_t kUdp = 17;
inline constexpr std::uint8_t kIpv6 = 41;
inline constexpr std::uint8_t kGre = 47;
inline constexpr std::uint8_t kEsp = 50;
inline constexpr std::uint8_t kAuthentication = 51;
inline constexpr std::uint8_t kIcmpV6 = 58;
inline constexpr std::uint8_t kEtherIp = 97;
inline constexpr std::uint8_t kL2tp = 115;
inline constexpr std::uint8_t kSctp = 132;
inline constexpr std::uint8_t kMpls = 137;
}  // namespace ip_protocol

/// An IP packet without what was around it on the link.
struct NetworkPacket {
  Bytes bytes;
  std::uint32_t missing = 0;  ///< bytes behind `bytes` that were on the wire and not captured
  /// A hash of the tags and labels before it, 0 where there were none: tells apart who share a wire (see mix_path).
  std::uint32_t path = 0;
  bool tunnelled = false;  ///< there was more before it than VLAN tags
};

/// An IP packet without its header (RFC 791, RFC 8200); the payload borrows the packet's bytes.
struct IpPacket {
  IpAddress source;
  IpAddress destination;
  bool is_v4 = true;
  std::uint8_t protocol = 0;   ///< of `payload`; extension headers are stepped over
  std::uint8_t hop_limit = 0;  ///< time to live; of a datagram that came in fragments: of the last to come
  Bytes payload;
  std::uint32_t missing = 0;  ///< payload bytes on the wire and not captured

  bool is_fragment = false;  ///< then payload is a piece and `protocol` what the first piece starts with
  bool more_fragments = false;
  std::uint32_t fragment_offset = 0;  ///< bytes
  std::uint32_t identification = 0;
};

namespace tcp_flag {
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kAck = 0x10;
inline constexpr std::uint8_t kUrg = 0x20;
}  // namespace tcp_flag

enum class Checksum : std::uint8_t {
  kUnknown,  ///< not looked at, or nothing can be told from it: cut short, joined of several segments, left to a card
  kRight,
  kWrong,  ///< no receiver takes the packet, unless its sender's are all wrong
};

/// One TCP segment (RFC 9293 3.1); the payload borrows the packet's bytes.
struct TcpSegment {
  Endpoint source;
  Endpoint destination;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint16_t window = 0;  ///< as sent, not scaled
  std::uint8_t flags = 0;
  std::uint8_t hop_limit = 0;                ///< as in the IpPacket
  std::optional<std::uint8_t> window_shift;  ///< RFC 7323 2.2, looked for in SYN only
  bool multipath = false;                    ///< MP_CAPABLE or MP_JOIN (RFC 8684 3.1, 3.2), looked for in SYN only
  Bytes payload;
  std::uint32_t missing = 0;  ///< payload bytes behind `payload`, on the wire and not captured
  Checksum checksum = Checksum::kUnknown;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  /// SYN and FIN each take one sequence number (RFC 9293 3.4).
  std::uint32_t data_sequence() const { return sequence + (has(tcp_flag::kSyn) ? 1U : 0U); }
  std::uint64_t data_size() const { return std::uint64_t{payload.size()} + missing; }
  bool carries_stream() const { return data_size() > 0 || has(tcp_flag::kSyn | tcp_flag::kFin | tcp_flag::kRst); }
};

/// Removes the link header with all that can lie between it and IP: VLAN tags (IEEE 802.1Q, 802.1ad, 802.1ah),
/// LLC/SNAP, PPPoE (RFC 2516), MPLS (RFC 3032) with Ethernet pseudowires (RFC 4448), NSH (RFC 8300).
[[nodiscard]] DropReason strip_link(const RawPacket& packet, NetworkPacket& out);
/// The same where a tunnel said by an EtherType what its payload begins with. `out.path` goes on from what it is;
/// `out.missing` is the caller's.
[[nodiscard]] DropReason strip_ether_type(std::uint16_t type, Bytes bytes, NetworkPacket& out);
/// One more step of a path: a VLAN, a label, a tunnel. Not secret: equal paths are a hint, never a proof.
std::uint32_t mix_path(std::uint32_t path, std::uint32_t step);
/// Steps over the IP header, options and extension headers, and cuts link padding off.
[[nodiscard]] DropReason decode_ip(const NetworkPacket& packet, bool verify_checksum, IpPacket& out);
/// Goes on with the extension headers of a packet whose payload starts with one: for reassembled IPv6 datagrams, and
/// the authentication header (RFC 4302) of IPv4.
[[nodiscard]] DropReason skip_ipv6_extensions(IpPacket& packet);
/// `packet` must hold TCP and be no fragment.
[[nodiscard]] DropReason decode_tcp(const IpPacket& packet, bool verify_checksum, TcpSegment& out);

/// What the checksum of `packet`, which must hold TCP and be no fragment, says of it.
Checksum tcp_checksum(const IpPacket& packet);
/// Whether the checksum of an IPv4 header is wrong and was meant to be right; `packet` must have been decoded.
bool is_ipv4_checksum_wrong(const NetworkPacket& packet);

/// The ones' complement sum of 16-bit words (RFC 1071), folded; `sum` goes on from an earlier one of an even number of
/// bytes.
std::uint16_t internet_sum(Bytes bytes, std::uint32_t sum = 0);

}  // namespace sallyport
