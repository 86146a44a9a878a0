// What lies between a link header and IP: tags, labels, PPPoE, pseudowires.
#include <algorithm>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"
#include "daemon/net/decode_tunnel.h"
#include "daemon/net/fixed_header.h"

namespace sallyport {
namespace {

constexpr std::uint16_t kLlcLengthMax = 1500;  // below it the field is a length (IEEE 802.3 3.2.6)
constexpr std::uint16_t kVlan = 0x8100;
constexpr std::uint16_t kServiceVlan = 0x88a8;
constexpr std::uint16_t kOldServiceVlan = 0x9100;  // QinQ before IEEE 802.1ad; 0x9200 and 0x9300 too
constexpr std::uint16_t kOldServiceVlan2 = 0x9200;
constexpr std::uint16_t kOldServiceVlan3 = 0x9300;
constexpr std::uint16_t kPppoeSession = 0x8864;
constexpr std::uint16_t kBackboneTag = 0x88e7;  // IEEE 802.1ah
constexpr std::uint16_t kMacsec = 0x88e5;       // IEEE 802.1AE
constexpr std::uint16_t kArp = 0x0806;
constexpr std::size_t kEthernetHeaderSize = 14;
constexpr std::size_t kIpv4HeaderSize = 20;
constexpr std::size_t kIpv6HeaderSize = 40;

/// One step down: what `bytes` begins with, until it is IP.
struct Step {
  std::uint16_t type = 0;
  Bytes bytes;
};

bool is_vlan(std::uint16_t type) {
  return type == kVlan || type == kServiceVlan || type == kOldServiceVlan || type == kOldServiceVlan2 ||
         type == kOldServiceVlan3;
}

bool is_mpls(std::uint16_t type) {
  return type == ether_type::kMpls || type == ether_type::kMplsUpstream;
}

unsigned version_of(Bytes bytes) {
  return bytes.empty() ? 0 : std::to_integer<unsigned>(bytes[0]) >> 4;
}

DropReason step_over_vlan(Step& at, NetworkPacket& out) {
  if (at.bytes.size() < 4) return DropReason::kTruncated;
  const FixedHeader<4> tag(at.bytes.first<4>());
  out.path = mix_path(out.path, tag.u16<0>() & 0x0fffU);
  at = {tag.u16<2>(), at.bytes.subspan(4)};
  return DropReason::kNone;
}

DropReason step_into_ethernet(Step& at, std::size_t skip) {
  ByteReader reader(at.bytes);
  reader.skip(skip + 12);
  const std::uint16_t type = reader.u16be();
  if (!reader.ok()) return DropReason::kTruncated;
  at = {type, reader.rest()};
  return DropReason::kNone;
}

// RFC 1661 2; the address and control fields of RFC 1662 may be there or not, the protocol may be one byte (6.5, 6.6).
DropReason step_into_ppp(Step& at) {
  ByteReader reader(at.bytes);
  if (at.bytes.size() >= 2 && at.bytes[0] == std::byte{0xff} && at.bytes[1] == std::byte{3}) reader.skip(2);
  std::uint16_t protocol = reader.u8();
  if ((protocol & 1U) == 0) protocol = static_cast<std::uint16_t>(protocol << 8 | reader.u8());
  if (!reader.ok()) return DropReason::kTruncated;
  at.bytes = reader.rest();
  switch (protocol) {
    case 0x0021:
      at.type = ether_type::kIpv4;
      return DropReason::kNone;
    case 0x0057:
      at.type = ether_type::kIpv6;
      return DropReason::kNone;
    case 0x0281:
      at.type = ether_type::kMpls;
      return DropReason::kNone;
    case 0x0031:  // bridging (RFC 3518): flags, MAC type 1 is Ethernet
      at.type = ether_type::kEthernet;
      at.bytes = at.bytes.subspan(std::min<std::size_t>(2, at.bytes.size()));
      return DropReason::kNone;
    case 0x0053:  // encryption (RFC 1968)
    case 0x00fd:  // compression, which with MPPE is encryption (RFC 3078)
      return DropReason::kEncrypted;
    default:
      return DropReason::kNotIp;
  }
}

// RFC 2516 4: version and type 1, code 0 for data.
DropReason step_into_pppoe(Step& at, NetworkPacket& out) {
  ByteReader reader(at.bytes);
  const std::uint8_t version_and_type = reader.u8();
  const std::uint8_t code = reader.u8();
  const std::uint16_t session = reader.u16be();
  reader.skip(2);
  if (!reader.ok()) return DropReason::kTruncated;
  if (version_and_type != 0x11 || code != 0) return DropReason::kNotIp;
  out.path = mix_path(out.path, session);
  at = {ether_type::kPpp, reader.rest()};
  return DropReason::kNone;
}

// Nothing says what follows the last label: the first four bits do, except that a pseudowire without control word
// begins with an address, which can look like anything (RFC 4928 3, RFC 8469).
DropReason tell_behind_labels(Step& at) {
  const Bytes behind = at.bytes;
  const Bytes behind_control_word = behind.subspan(std::min<std::size_t>(4, behind.size()));
  const unsigned version = version_of(behind);
  const bool ip = version == 4 || version == 6;
  if (ip && is_plausible_ip(behind)) {
    at.type = ether_type::kIpv4;
    return DropReason::kNone;
  }
  if (version == 0 && is_plausible_ethernet(behind_control_word)) {
    at = {ether_type::kEthernet, behind_control_word};
    return DropReason::kNone;
  }
  if (is_plausible_ethernet(behind)) {
    at.type = ether_type::kEthernet;
    return DropReason::kNone;
  }
  if (!ip && !(version == 0 && is_plausible_ip(behind_control_word))) return DropReason::kNotIp;
  at = {ether_type::kIpv4, ip ? behind : behind_control_word};
  return DropReason::kNone;
}

// RFC 3032 2.1: 20 bits of label, 3 of class, the bottom of the stack, 8 of time to live.
DropReason step_over_labels(Step& at, NetworkPacket& out) {
  ByteReader reader(at.bytes);
  for (std::size_t labels = 0; labels < limits::kMplsLabelsMax; ++labels) {
    const std::uint32_t entry = reader.u32be();
    if (!reader.ok()) return DropReason::kTruncated;
    out.path = mix_path(out.path, entry >> 12);
    if ((entry >> 8 & 1U) == 0) continue;
    at.bytes = reader.rest();
    return tell_behind_labels(at);
  }
  return DropReason::kTooDeep;
}

// RFC 8300 2.2: length in words, then the protocol of what follows the header.
DropReason step_over_service_header(Step& at) {
  ByteReader reader(at.bytes);
  reader.skip(1);
  const std::size_t size = (reader.u8() & 0x3fU) * std::size_t{4};
  reader.skip(1);
  const std::uint8_t next = reader.u8();
  reader.seek(size);
  if (!reader.ok()) return DropReason::kTruncated;
  if (size < 8) return DropReason::kMalformed;
  static constexpr std::uint16_t kTypes[] = {
      0, ether_type::kIpv4, ether_type::kIpv6, ether_type::kEthernet, ether_type::kServiceHeader, ether_type::kMpls};
  at = {next < std::size(kTypes) ? kTypes[next] : std::uint16_t{0}, reader.rest()};
  return at.type == 0 ? DropReason::kNotIp : DropReason::kNone;
}

// IEEE 802.2 with the subnetwork access protocol (RFC 1042): an EtherType after all.
DropReason step_over_llc(Step& at) {
  static constexpr std::byte kSnap[] = {std::byte{0xaa}, std::byte{0xaa}, std::byte{3},
                                        std::byte{0},    std::byte{0},    std::byte{0}};
  if (at.bytes.size() < 8 || !std::ranges::equal(at.bytes.first(6), kSnap)) return DropReason::kNotIp;
  ByteReader reader(at.bytes.subspan(6));
  const std::uint16_t type = reader.u16be();
  at = {type, reader.rest()};
  return type <= kLlcLengthMax ? DropReason::kNotIp : DropReason::kNone;
}

DropReason step(Step& at, NetworkPacket& out) {
  if (is_vlan(at.type)) return step_over_vlan(at, out);
  if (at.type <= kLlcLengthMax) return step_over_llc(at);
  out.tunnelled = true;
  switch (at.type) {
    case kPppoeSession:
      return step_into_pppoe(at, out);
    case ether_type::kPpp:
      return step_into_ppp(at);
    case ether_type::kMpls:
    case ether_type::kMplsUpstream:
      return step_over_labels(at, out);
    case ether_type::kEthernet:
      return step_into_ethernet(at, 0);
    case kBackboneTag:
      return step_into_ethernet(at, 4);
    case ether_type::kServiceHeader:
      return step_over_service_header(at);
    case kMacsec:
      return DropReason::kEncrypted;
    default:
      return DropReason::kNotIp;
  }
}

}  // namespace

DropReason strip_ether_type(std::uint16_t type, Bytes bytes, NetworkPacket& out) {
  Step at{type, bytes};
  for (std::size_t layers = 0; at.type != ether_type::kIpv4 && at.type != ether_type::kIpv6; ++layers) {
    if (layers == limits::kLinkLayersMax) return DropReason::kTooDeep;
    const DropReason reason = step(at, out);
    if (reason != DropReason::kNone) return reason;
  }
  out.bytes = at.bytes;
  return DropReason::kNone;
}

std::uint32_t mix_path(std::uint32_t path, std::uint32_t step) {
  const std::uint32_t mixed = (path ^ step ^ 0x811c9dc5U) * 0x01000193U;
  return mixed ^ mixed >> 15;
}

bool is_plausible_ip(Bytes bytes) {
  if (version_of(bytes) == 6) {
    if (bytes.size() < kIpv6HeaderSize) return false;
    return FixedHeader<6>(bytes.first<6>()).u16<4>() <= bytes.size() - kIpv6HeaderSize;
  }
  if (version_of(bytes) != 4 || bytes.size() < kIpv4HeaderSize) return false;
  const FixedHeader<4> header(bytes.first<4>());
  const std::size_t header_size = (header.u8<0>() & 0x0fU) * std::size_t{4};
  const std::size_t total = header.u16<2>();
  return header_size >= kIpv4HeaderSize && total >= header_size && total <= bytes.size() &&
         internet_sum(bytes.first(header_size)) == 0xffff;
}

bool is_plausible_ethernet(Bytes bytes) {
  if (bytes.size() < kEthernetHeaderSize) return false;
  const std::uint16_t type = FixedHeader<14>(bytes.first<14>()).u16<12>();
  const unsigned version = version_of(bytes.subspan(kEthernetHeaderSize));
  if (type == ether_type::kIpv4) return version == 4;
  if (type == ether_type::kIpv6) return version == 6;
  return is_vlan(type) || is_mpls(type) || type == kPppoeSession || type == kArp || type == kBackboneTag;
}

}  // namespace sallyport
