#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "daemon/base/byte_reader.h"
#include "daemon/net/decode.h"
#include "daemon/net/fixed_header.h"

namespace sallyport {
namespace {

constexpr std::size_t kIpv4HeaderSize = 20;
constexpr std::size_t kIpv6HeaderSize = 40;

// IPv6 next header values (RFC 8200 4, RFC 4302, RFC 6275, RFC 7401, RFC 5533).
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kAuthentication = 51;
constexpr std::uint8_t kDestinationOptions = 60;
constexpr std::uint8_t kMobility = 135;
constexpr std::uint8_t kHostIdentity = 139;
constexpr std::uint8_t kShim6 = 140;

/// The sum of the halves of up to eight bytes.
std::uint64_t halves(Bytes bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data(), bytes.size());
  return (word & 0xffffffff) + (word >> 32);
}

std::uint16_t fold(std::uint64_t sum) {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

bool is_extension(std::uint8_t next_header) {
  switch (next_header) {
    case kHopByHop:
    case kRouting:
    case kFragment:
    case kAuthentication:
    case kDestinationOptions:
    case kMobility:
    case kHostIdentity:
    case kShim6:
      return true;
    default:
      return false;
  }
}

// Cuts `bytes` to the `size` the IP header tells: what is behind is link padding, what lacks was not captured. Zero is
// what segmentation offload leaves in captures of the sending host: then the packet is as long as it was on the wire.
bool cut_to_size(std::uint64_t size, std::uint32_t missing_on_link, Bytes& bytes, std::uint32_t& missing) {
  missing = 0;
  if (size <= bytes.size()) {
    bytes = bytes.first(size);
    return true;
  }
  const std::uint64_t lacking = size - bytes.size();
  if (lacking > missing_on_link) return false;
  missing = static_cast<std::uint32_t>(lacking);
  return true;
}

DropReason decode_ipv4(const NetworkPacket& packet, bool verify_checksum, IpPacket& out) {
  if (packet.bytes.size() < kIpv4HeaderSize) return DropReason::kTruncated;
  const FixedHeader<kIpv4HeaderSize> header(packet.bytes.first<kIpv4HeaderSize>());
  const std::size_t header_size = std::size_t{header.u8<0>() & 0x0fU} * 4;
  if (header_size < kIpv4HeaderSize) return DropReason::kMalformed;
  if (header_size > packet.bytes.size()) return packet.missing > 0 ? DropReason::kTruncated : DropReason::kMalformed;
  const std::uint64_t on_wire = std::uint64_t{packet.bytes.size()} + packet.missing;
  const std::uint64_t total = header.u16<2>() == 0 ? on_wire : header.u16<2>();
  Bytes whole = packet.bytes;
  if (total < header_size || !cut_to_size(total, packet.missing, whole, out.missing)) return DropReason::kMalformed;
  if (verify_checksum && internet_sum(packet.bytes.first(header_size)) != 0xffff) return DropReason::kBadChecksum;

  out.is_v4 = true;
  out.source = IpAddress::from_v4(header.part<12, 4>());
  out.destination = IpAddress::from_v4(header.part<16, 4>());
  out.protocol = header.u8<9>();
  out.hop_limit = header.u8<8>();
  out.payload = whole.subspan(header_size);
  const std::uint16_t fragment = header.u16<6>();
  out.more_fragments = (fragment & 0x2000U) != 0;
  out.fragment_offset = (fragment & 0x1fffU) * 8U;
  out.is_fragment = out.more_fragments || out.fragment_offset != 0;
  out.identification = header.u16<4>();
  return DropReason::kNone;
}

DropReason decode_ipv6(const NetworkPacket& packet, IpPacket& out) {
  if (packet.bytes.size() < kIpv6HeaderSize) return DropReason::kTruncated;
  const FixedHeader<kIpv6HeaderSize> header(packet.bytes.first<kIpv6HeaderSize>());
  out.payload = packet.bytes.subspan(kIpv6HeaderSize);
  const std::uint64_t on_wire = std::uint64_t{out.payload.size()} + packet.missing;
  const std::uint64_t size = header.u16<4>() == 0 ? on_wire : header.u16<4>();
  if (!cut_to_size(size, packet.missing, out.payload, out.missing)) return DropReason::kMalformed;

  out.is_v4 = false;
  out.source = IpAddress::from_v6(header.part<8, 16>());
  out.destination = IpAddress::from_v6(header.part<24, 16>());
  out.protocol = header.u8<6>();
  out.hop_limit = header.u8<7>();
  out.is_fragment = false;
  return skip_ipv6_extensions(out);
}

// Steps over one extension header; `packet.protocol` says which one it is.
DropReason skip_extension(IpPacket& packet) {
  ByteReader reader(packet.payload);
  const std::uint8_t next_header = reader.u8();
  const std::uint8_t length = reader.u8();
  const std::size_t size = packet.protocol == kAuthentication ? (length + 2U) * 4U : (length + 1U) * 8U;
  reader.seek(size);
  if (!reader.ok()) return packet.missing > 0 ? DropReason::kTruncated : DropReason::kMalformed;
  packet.payload = reader.rest();
  packet.protocol = next_header;
  return DropReason::kNone;
}

// RFC 8200 4.5. A fragment that is the whole datagram ("atomic", RFC 6946) is no fragment to us.
DropReason take_fragment_header(IpPacket& packet) {
  ByteReader reader(packet.payload);
  const std::uint8_t next_header = reader.u8();
  reader.skip(1);
  const std::uint16_t placing = reader.u16be();
  packet.identification = reader.u32be();
  if (!reader.ok()) return packet.missing > 0 ? DropReason::kTruncated : DropReason::kMalformed;
  packet.payload = reader.rest();
  packet.protocol = next_header;
  packet.more_fragments = (placing & 1U) != 0;
  packet.fragment_offset = placing & 0xfff8U;
  packet.is_fragment = packet.more_fragments || packet.fragment_offset != 0;
  return DropReason::kNone;
}

}  // namespace

DropReason skip_ipv6_extensions(IpPacket& packet) {
  // As many as there are: receivers take them all, and each is at least eight bytes of the packet.
  while (is_extension(packet.protocol)) {
    const bool fragment = packet.protocol == kFragment;
    const DropReason reason = fragment ? take_fragment_header(packet) : skip_extension(packet);
    if (reason != DropReason::kNone) return reason;
    if (packet.is_fragment) return DropReason::kNone;
  }
  return DropReason::kNone;
}

DropReason decode_ip(const NetworkPacket& packet, bool verify_checksum, IpPacket& out) {
  if (packet.bytes.empty()) return DropReason::kTruncated;
  switch (std::to_integer<unsigned>(packet.bytes[0]) >> 4) {
    case 4:
      return decode_ipv4(packet, verify_checksum, out);
    case 6:
      return decode_ipv6(packet, out);
    default:
      return DropReason::kNotIp;
  }
}

bool is_ipv4_checksum_wrong(const NetworkPacket& packet) {
  const FixedHeader<kIpv4HeaderSize> header(packet.bytes.first<kIpv4HeaderSize>());
  const std::size_t header_size = std::size_t{header.u8<0>() & 0x0fU} * 4;
  return header.u8<0>() >> 4 == 4 && header.u16<10>() != 0 && internet_sum(packet.bytes.first(header_size)) != 0xffff;
}

// The sum is the same in either byte order but for its own (RFC 1071 2): eight bytes a step, as they lie in memory, in
// four sums that do not wait for each other.
std::uint16_t internet_sum(Bytes bytes, std::uint32_t sum) {
  constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
  std::array<std::uint64_t, 4> totals{};
  for (; bytes.size() >= kWordBytes * totals.size(); bytes = bytes.subspan(kWordBytes * totals.size())) {
    for (std::size_t i = 0; i < totals.size(); ++i) totals[i] += halves(bytes.subspan(i * kWordBytes, kWordBytes));
  }
  for (; !bytes.empty(); bytes = bytes.subspan(std::min(bytes.size(), kWordBytes))) {
    totals[0] += halves(prefix(bytes, kWordBytes));
  }
  std::uint16_t folded = fold(totals[0] + totals[1] + totals[2] + totals[3]);
  if constexpr (std::endian::native == std::endian::little) {
    folded = static_cast<std::uint16_t>(folded << 8 | folded >> 8);
  }
  return fold(std::uint64_t{folded} + sum);
}

}  // namespace sallyport
