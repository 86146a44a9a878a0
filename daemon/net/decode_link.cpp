#include "daemon/base/byte_reader.h"
#include "daemon/net/decode.h"
#include "daemon/net/fixed_header.h"

namespace sallyport {
namespace {

template <std::size_t HeaderSize, std::size_t TypeAt>
DropReason strip_typed(Bytes frame, NetworkPacket& out) {
  if (frame.size() < HeaderSize) return DropReason::kTruncated;
  const FixedHeader<HeaderSize> header(frame.first<HeaderSize>());
  return strip_ether_type(header.template u16<TypeAt>(), frame.subspan(HeaderSize), out);
}

// The values of AF_INET6 differ between the BSDs, macOS and Linux.
bool is_ip_family(std::uint32_t family) {
  return family == 2 || family == 10 || family == 24 || family == 28 || family == 30;
}

DropReason strip_null(Bytes frame, NetworkPacket& out) {
  ByteReader reader(frame);
  const std::uint32_t big = reader.u32be();
  if (!reader.ok()) return DropReason::kTruncated;
  const std::uint32_t little = ByteReader(frame).u32le();
  if (!is_ip_family(big) && !is_ip_family(little)) return DropReason::kNotIp;
  out.bytes = reader.rest();
  return DropReason::kNone;
}

DropReason strip_header(LinkType link, Bytes frame, NetworkPacket& out) {
  switch (link) {
    case LinkType::kEthernet:
      return strip_typed<14, 12>(frame, out);
    case LinkType::kLinuxSll:
      return strip_typed<16, 14>(frame, out);
    case LinkType::kLinuxSll2:
      return strip_typed<20, 0>(frame, out);
    case LinkType::kNull:
      return strip_null(frame, out);
    case LinkType::kRawIp:
      break;
  }
  out.bytes = frame;
  return DropReason::kNone;
}

}  // namespace

DropReason strip_link(const RawPacket& packet, NetworkPacket& out) {
  const std::size_t captured = packet.bytes.size();
  out.missing = packet.original_size > captured ? packet.original_size - static_cast<std::uint32_t>(captured) : 0;
  return strip_header(packet.link, packet.bytes, out);
}

}  // namespace sallyport
