#include "daemon/actions/tcp_reset.h"

#include <array>
#include <optional>
#include <utility>

namespace sallyport {
namespace {

constexpr std::size_t kTcpHeaderBytes = 20;
constexpr std::size_t kV4ChecksumOffset = 10;
constexpr std::size_t kTcpChecksumOffset = 16;
constexpr std::uint8_t kProtocolTcp = 6;
constexpr std::uint8_t kHopLimit = 64;
constexpr std::uint8_t kRst = 0x04;
constexpr std::uint8_t kAck = 0x10;

void put16(ByteBuffer& out, unsigned value) {
  out.push_back(static_cast<std::byte>(value >> 8));
  out.push_back(static_cast<std::byte>(value));
}

void put32(ByteBuffer& out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out, value & 0xffff);
}

void put_address(ByteBuffer& out, const IpAddress& address, bool as_v4) {
  append(out, std::as_bytes(std::span(address.bytes())).subspan(as_v4 ? 12 : 0));
}

/// The one's complement sum of RFC 1071, not folded.
std::uint32_t sum16(Bytes bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    sum += std::to_integer<std::uint32_t>(bytes[i]) << 8 | std::to_integer<std::uint32_t>(bytes[i + 1]);
  }
  return sum;
}

void set_checksum(ByteBuffer& packet, std::size_t offset, std::uint32_t sum) {
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  const std::uint32_t checksum = ~sum & 0xffff;
  packet[offset] = static_cast<std::byte>(checksum >> 8);
  packet[offset + 1] = static_cast<std::byte>(checksum);
}

/// RFC 791 3.1; the identification may be zero because the packet is atomic (RFC 6864 4.1).
void put_v4_header(ByteBuffer& out, const IpAddress& from, const IpAddress& to) {
  put16(out, 0x4500);
  put16(out, 20 + kTcpHeaderBytes);
  put16(out, 0);
  put16(out, 0x4000);
  put16(out, kHopLimit << 8 | kProtocolTcp);
  put16(out, 0);
  put_address(out, from, true);
  put_address(out, to, true);
  set_checksum(out, kV4ChecksumOffset, sum16(out));
}

/// RFC 8200 3.
void put_v6_header(ByteBuffer& out, const IpAddress& from, const IpAddress& to) {
  put32(out, 0x60000000);
  put16(out, kTcpHeaderBytes);
  put16(out, kProtocolTcp << 8 | kHopLimit);
  put_address(out, from, false);
  put_address(out, to, false);
}

struct Reset {
  Endpoint from;
  Endpoint to;
  std::uint32_t sequence = 0;
  std::optional<std::uint32_t> acknowledged;
};

ByteBuffer build(const Reset& reset) {
  // An IPv6 packet may carry one IPv4-mapped address: then it is IPv6 all the same.
  const bool v4 = reset.from.address.is_v4() && reset.to.address.is_v4();
  ByteBuffer packet;
  packet.reserve(40 + kTcpHeaderBytes);
  v4 ? put_v4_header(packet, reset.from.address, reset.to.address)
     : put_v6_header(packet, reset.from.address, reset.to.address);
  const std::size_t tcp = packet.size();
  put16(packet, reset.from.port);
  put16(packet, reset.to.port);
  put32(packet, reset.sequence);
  put32(packet, reset.acknowledged.value_or(0));
  put16(packet, 0x5000U | kRst | (reset.acknowledged ? kAck : 0U));
  put32(packet, 0);  // window and checksum
  put16(packet, 0);
  ByteBuffer addresses;
  put_address(addresses, reset.from.address, v4);
  put_address(addresses, reset.to.address, v4);
  const std::uint32_t pseudo_header = sum16(addresses) + kProtocolTcp + kTcpHeaderBytes;
  set_checksum(packet, tcp + kTcpChecksumOffset, pseudo_header + sum16(Bytes(packet).subspan(tcp)));
  return packet;
}

/// The RST to the receiver of `direction`, `ahead` bytes after where it stood.
void add_reset(std::vector<ByteBuffer>& resets, const Flow& flow, const TcpPosition& position,
               std::pair<Direction, std::uint32_t> place) {
  const auto [direction, ahead] = place;
  if (!position.known[index_of(direction)]) return;
  Reset reset{
      flow.sender(direction), flow.receiver(direction), position.next_sequence[index_of(direction)] + ahead, {}};
  const std::size_t back = index_of(opposite(direction));
  if (position.known[back]) reset.acknowledged = position.next_sequence[back];
  resets.push_back(build(reset));
}

}  // namespace

std::vector<ByteBuffer> reset_pair(const Flow& flow, const TcpPosition& position) {
  return reset_volley(flow, position, {.segment_bytes = 0, .count = 1});
}

std::vector<ByteBuffer> reset_volley(const Flow& flow, const TcpPosition& position, const ResetGuesses& guesses) {
  std::vector<ByteBuffer> resets;
  resets.reserve(2 * guesses.count);
  for (std::size_t i = 0; i < guesses.count; ++i) {
    const std::uint32_t ahead = static_cast<std::uint32_t>(i) * guesses.segment_bytes;
    add_reset(resets, flow, position, {Direction::kClientToServer, ahead});
    add_reset(resets, flow, position, {Direction::kServerToClient, ahead});
  }
  return resets;
}

}  // namespace sallyport
