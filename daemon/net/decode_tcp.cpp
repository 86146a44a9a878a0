#include <algorithm>

#include "daemon/base/byte_reader.h"
#include "daemon/net/decode.h"
#include "daemon/net/fixed_header.h"

namespace sallyport {
namespace {

constexpr std::size_t kTcpHeaderSize = 20;
constexpr std::size_t kEthernetPayloadMax = 1480;  // larger segments may be joined of several, with any checksum
constexpr std::uint8_t kWindowShiftMax = 14;       // RFC 7323 2.3

void take_option(std::uint8_t kind, Bytes value, TcpSegment& out) {
  constexpr std::uint8_t kWindowScale = 3;
  constexpr std::uint8_t kMultipath = 30;
  if (kind == kWindowScale && value.size() == 1) {
    out.window_shift = std::min(std::to_integer<std::uint8_t>(value[0]), kWindowShiftMax);
  }
  // The first four bits are the subtype: 0 begins a connection of several subflows, 1 is one of them.
  if (kind == kMultipath && !value.empty()) out.multipath = std::to_integer<unsigned>(value[0]) >> 4 <= 1;
}

void read_options(Bytes options, TcpSegment& out) {
  constexpr std::uint8_t kEnd = 0;
  constexpr std::uint8_t kNoOperation = 1;
  ByteReader reader(options);
  while (reader.remaining() > 0) {
    const std::uint8_t kind = reader.u8();
    if (kind == kEnd) break;
    if (kind == kNoOperation) continue;
    const std::uint8_t length = reader.u8();
    if (length < 2) break;
    const Bytes value = reader.take(length - 2U);
    if (!reader.ok()) break;
    take_option(kind, value, out);
  }
}

// RFC 9293 3.1: over a pseudo header of addresses, protocol and length, and the whole segment.
std::uint16_t pseudo_header_sum(const IpPacket& packet) {
  const std::size_t skip = packet.is_v4 ? 12 : 0;
  std::uint32_t sum = ip_protocol::kTcp + static_cast<std::uint32_t>(packet.payload.size());
  sum = internet_sum(Bytes(std::as_bytes(std::span(packet.source.bytes()))).subspan(skip), sum);
  return internet_sum(Bytes(std::as_bytes(std::span(packet.destination.bytes()))).subspan(skip), sum);
}

bool checksum_holds(const IpPacket& packet) {
  return internet_sum(packet.payload, pseudo_header_sum(packet)) == 0xffff;
}

}  // namespace

// What is left to a card has the sum of the pseudo header there, and so have segments that the kernel joined again.
Checksum tcp_checksum(const IpPacket& packet) {
  if (packet.missing > 0 || packet.payload.size() > kEthernetPayloadMax) return Checksum::kUnknown;
  if (checksum_holds(packet)) return Checksum::kRight;
  const FixedHeader<kTcpHeaderSize> header(packet.payload.first<kTcpHeaderSize>());
  return header.u16<16>() == pseudo_header_sum(packet) ? Checksum::kUnknown : Checksum::kWrong;
}

DropReason decode_tcp(const IpPacket& packet, bool verify_checksum, TcpSegment& out) {
  if (packet.payload.size() < kTcpHeaderSize) {
    return packet.missing > 0 ? DropReason::kTruncated : DropReason::kMalformed;
  }
  const FixedHeader<kTcpHeaderSize> header(packet.payload.first<kTcpHeaderSize>());
  const std::size_t header_size = std::size_t{header.u8<12>()} / 16 * 4;
  if (header_size < kTcpHeaderSize) return DropReason::kMalformed;
  if (header_size > packet.payload.size()) {
    return packet.missing > 0 ? DropReason::kTruncated : DropReason::kMalformed;
  }
  out.checksum = Checksum::kUnknown;
  if (verify_checksum && packet.missing == 0 && !checksum_holds(packet)) return DropReason::kBadChecksum;

  out.source = {packet.source, header.u16<0>()};
  out.destination = {packet.destination, header.u16<2>()};
  out.sequence = header.u32<4>();
  out.acknowledgement = header.u32<8>();
  out.flags = header.u8<13>();
  out.window = header.u16<14>();
  out.hop_limit = packet.hop_limit;
  out.window_shift.reset();
  out.multipath = false;
  if (out.has(tcp_flag::kSyn)) {
    read_options(packet.payload.subspan(kTcpHeaderSize, header_size - kTcpHeaderSize), out);
  }
  out.payload = packet.payload.subspan(header_size);
  out.missing = packet.missing;
  return out.source == out.destination ? DropReason::kMalformed : DropReason::kNone;
}

}  // namespace sallyport
