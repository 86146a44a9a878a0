#include "daemon/actions/tcp_reset.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "daemon/base/byte_reader.h"

namespace sallyport {
namespace {

std::uint32_t folded_sum(Bytes bytes, std::uint32_t sum = 0) {
  ByteReader reader(bytes);
  while (reader.remaining() >= 2) sum += reader.u16be();
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

/// The fields of a reset as text; fails the test where a length or checksum is wrong.
std::string read_back(Bytes packet) {
  const bool v4 = std::to_integer<int>(packet[0]) >> 4 == 4;
  const Bytes header = packet.first(v4 ? 20 : 40);
  const Bytes tcp = packet.subspan(header.size());
  EXPECT_EQ(tcp.size(), 20U);
  ByteReader ip(header);
  ip.seek(v4 ? 2 : 4);
  EXPECT_EQ(ip.u16be(), v4 ? packet.size() : tcp.size());
  if (v4) {
    EXPECT_EQ(folded_sum(header), 0xffffU);
  }
  const Bytes addresses = header.subspan(v4 ? 12 : 8);
  EXPECT_EQ(folded_sum(tcp, folded_sum(addresses) + 6 + 20), 0xffffU);
  const auto address = [&](std::size_t i) {
    const Bytes raw = addresses.subspan(i * addresses.size() / 2, addresses.size() / 2);
    return v4 ? IpAddress::from_v4(raw) : IpAddress::from_v6(raw);
  };
  ByteReader reader(tcp);
  const Endpoint from{address(0), reader.u16be()};
  const Endpoint to{address(1), reader.u16be()};
  const std::uint32_t sequence = reader.u32be();
  const std::uint32_t acknowledged = reader.u32be();
  const unsigned flags = reader.u16be();
  EXPECT_EQ(flags >> 12, 5U);
  return from.to_string() + " > " + to.to_string() + " seq " + std::to_string(sequence) +
         ((flags & 0x10) != 0 ? " ack " + std::to_string(acknowledged) : "") +
         ((flags & 0xff & ~0x10U) == 0x04 ? " RST" : " ???");
}

Flow flow_between(const char* client, const char* server) {
  Flow flow;
  flow.id = FlowId{1};
  flow.client = {*IpAddress::parse(client), 40000};
  flow.server = {*IpAddress::parse(server), 445};
  return flow;
}

constexpr TcpPosition kPosition{{1000, 4294967290U}, {true, true}};

TEST(TcpReset, PairCarriesWhatEachSideExpects) {
  const auto pair = reset_pair(flow_between("192.0.2.1", "198.51.100.7"), kPosition);
  ASSERT_EQ(pair.size(), 2U);
  EXPECT_EQ(read_back(pair[0]), "192.0.2.1:40000 > 198.51.100.7:445 seq 1000 ack 4294967290 RST");
  EXPECT_EQ(read_back(pair[1]), "198.51.100.7:445 > 192.0.2.1:40000 seq 4294967290 ack 1000 RST");
}

TEST(TcpReset, Ipv6) {
  const auto pair = reset_pair(flow_between("2001:db8::1", "2001:db8::2"), kPosition);
  ASSERT_EQ(pair.size(), 2U);
  EXPECT_EQ(read_back(pair[0]), "[2001:db8::1]:40000 > [2001:db8::2]:445 seq 1000 ack 4294967290 RST");
}

TEST(TcpReset, OneMappedAddressIsStillIpv6) {
  const auto pair = reset_pair(flow_between("::ffff:192.0.2.1", "2001:db8::2"), kPosition);
  ASSERT_EQ(pair.size(), 2U);
  EXPECT_EQ(pair[0].size(), 60U);
  EXPECT_EQ(read_back(pair[0]), "192.0.2.1:40000 > [2001:db8::2]:445 seq 1000 ack 4294967290 RST");
}

TEST(TcpReset, UnknownDirectionGetsNoneAndIsNotAcknowledged) {
  const auto resets = reset_pair(flow_between("192.0.2.1", "198.51.100.7"), {{1000, 5}, {true, false}});
  ASSERT_EQ(resets.size(), 1U);
  EXPECT_EQ(read_back(resets[0]), "192.0.2.1:40000 > 198.51.100.7:445 seq 1000 RST");
  EXPECT_TRUE(reset_pair(flow_between("192.0.2.1", "198.51.100.7"), {}).empty());
}

TEST(TcpReset, VolleyGuessesSegmentsAhead) {
  const auto volley =
      reset_volley(flow_between("192.0.2.1", "198.51.100.7"), kPosition, {.segment_bytes = 10, .count = 3});
  ASSERT_EQ(volley.size(), 6U);
  EXPECT_EQ(read_back(volley[4]), "192.0.2.1:40000 > 198.51.100.7:445 seq 1020 ack 4294967290 RST");
  EXPECT_EQ(read_back(volley[5]), "198.51.100.7:445 > 192.0.2.1:40000 seq 14 ack 1000 RST") << "sequence numbers wrap";
}

TEST(TcpReset, ChecksumsHoldForAnyNumbers) {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    Flow flow;
    std::array<std::uint32_t, 8> words;
    for (auto& word : words) word = static_cast<std::uint32_t>(random());
    const Bytes raw = std::as_bytes(std::span(words));
    const bool v4 = i % 2 == 0;
    flow.client = {v4 ? IpAddress::from_v4(raw.first(4)) : IpAddress::from_v6(raw.first(16)),
                   static_cast<std::uint16_t>(random())};
    flow.server = {v4 ? IpAddress::from_v4(raw.last(4)) : IpAddress::from_v6(raw.last(16)),
                   static_cast<std::uint16_t>(random())};
    const TcpPosition position{{static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random())},
                               {true, i % 3 != 0}};
    for (const ByteBuffer& packet : reset_pair(flow, position)) EXPECT_TRUE(read_back(packet).ends_with(" RST"));
  }
}

}  // namespace
}  // namespace sallyport
