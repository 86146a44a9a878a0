#include <algorithm>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"
#include "daemon/net/decode.h"
#include "daemon/net/fixed_header.h"

namespace sallyport {
namespace {

constexpr std::uint16_t kEtherIpv4 = 0x0800;
constexpr std::uint16_t kEtherIpv6 = 0x86dd;
constexpr std::uint16_t kEtherVlan = 0x8100;
constexpr std::uint16_t kEtherServiceVlan = 0x88a8;
constexpr std::uint16_t kEtherOldServiceVlan = 0x9100;  // QinQ before IEEE 802.1ad

bool is_vlan(std::uint16_t ether_type) {
  return ether_type == kEtherVlan || ether_type == kEtherServiceVlan || ether_type == kEtherOldServiceVlan;
}

DropReason strip_tags(std::uint16_t ether_type, Bytes rest, Bytes& ip) {
  for (std::size_t tags = 0; is_vlan(ether_type); ++tags) {
    if (tags == limits::kVlanTagsMax) return DropReason::kMalformed;
    if (rest.size() < 4) return DropReason::kTruncated;
    ether_type = FixedHeader<4>(rest.first<4>()).u16<2>();
    rest = rest.subspan(4);
  }
  if (ether_type != kEtherIpv4 && ether_type != kEtherIpv6) return DropReason::kNotIp;
  ip = rest;
  return DropReason::kNone;
}

template <std::size_t HeaderSize, std::size_t TypeAt>
DropReason strip_typed(Bytes frame, Bytes& ip) {
  if (frame.size() < HeaderSize) return DropReason::kTruncated;
  const FixedHeader<HeaderSize> header(frame.first<HeaderSize>());
  return strip_tags(header.template u16<TypeAt>(), frame.subspan(HeaderSize), ip);
}

// The values of AF_INET6 differ between the BSDs, macOS and Linux.
bool is_ip_family(std::uint32_t family) {
  return family == 2 || family == 10 || family == 24 || family == 28 || family == 30;
}

DropReason strip_null(Bytes frame, Bytes& ip) {
  ByteReader reader(frame);
  const std::uint32_t big = reader.u32be();
  if (!reader.ok()) return DropReason::kTruncated;
  const std::uint32_t little = ByteReader(frame).u32le();
  if (!is_ip_family(big) && !is_ip_family(little)) return DropReason::kNotIp;
  ip = reader.rest();
  return DropReason::kNone;
}

DropReason strip_header(LinkType link, Bytes frame, Bytes& ip) {
  switch (link) {
    case LinkType::kEthernet:
      return strip_typed<14, 12>(frame, ip);
    case LinkType::kLinuxSll:
      return strip_typed<16, 14>(frame, ip);
    case LinkType::kLinuxSll2:
      return strip_typed<20, 0>(frame, ip);
    case LinkType::kNull:
      return strip_null(frame, ip);
    case LinkType::kRawIp:
      break;
  }
  ip = frame;
  return DropReason::kNone;
}

}  // namespace

DropReason strip_link(const RawPacket& packet, NetworkPacket& out) {
  const std::size_t captured = packet.bytes.size();
  out.missing = packet.original_size > captured ? packet.original_size - static_cast<std::uint32_t>(captured) : 0;
  return strip_header(packet.link, packet.bytes, out.bytes);
}

}  // namespace sallyport
