#include "daemon/frontends/nfqueue/tcp_sequence.h"

#include "daemon/base/byte_reader.h"

namespace sallyport {
namespace {

constexpr std::uint8_t kProtocolTcp = 6;

/// Where TCP is in the packet. `end` 0: no such packet.
struct TcpPlace {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

TcpPlace place_in_v4(ByteReader reader, std::uint32_t original_size) {
  const std::uint32_t header = (reader.u8() & 0x0fU) * 4;
  reader.skip(1);
  const std::uint32_t total = reader.u16be();
  reader.skip(2);
  const bool fragment = (reader.u16be() & 0x3fff) != 0;
  reader.skip(1);
  if (reader.u8() != kProtocolTcp || fragment || header < 20) return {};
  return {header, total != 0 ? total : original_size};
}

TcpPlace place_in_v6(ByteReader reader) {
  reader.skip(4);
  const std::uint32_t payload = reader.u16be();
  if (reader.u8() != kProtocolTcp || payload == 0) return {};
  return {40, 40 + payload};
}

}  // namespace

std::optional<SequenceRange> tcp_sequence_range(Bytes ip_packet, std::uint32_t original_size) {
  ByteReader reader(ip_packet);
  const unsigned version = reader.u8() >> 4;
  const ByteReader start(ip_packet);
  const TcpPlace place = version == 4   ? place_in_v4(start, original_size)
                         : version == 6 ? place_in_v6(start)
                                        : TcpPlace{};
  if (place.end == 0 || place.end > original_size) return std::nullopt;
  reader.seek(place.begin);
  reader.skip(4);
  const std::uint32_t sequence = reader.u32be();
  reader.skip(4);
  const std::uint32_t offset_and_flags = reader.u16be();
  const std::uint32_t payload = place.begin + (offset_and_flags >> 12) * 4;
  if (!reader.ok() || offset_and_flags >> 12 < 5 || payload > place.end) return std::nullopt;
  const std::uint32_t syn_and_fin = (offset_and_flags >> 1 & 1U) + (offset_and_flags & 1U);
  return SequenceRange{sequence, place.end - payload + syn_and_fin};
}

}  // namespace sallyport
