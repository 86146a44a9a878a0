#include "daemon/frontends/nfqueue/tcp_sequence.h"

#include <gtest/gtest.h>

#include "tests/support/ip_packets.h"

namespace sallyport {
namespace {

std::optional<SequenceRange> range_of(const ByteBuffer& packet) {
  return tcp_sequence_range(packet, static_cast<std::uint32_t>(packet.size()));
}

TEST(TcpSequence, CountsPayload) {
  const auto v4 = range_of(test::v4_packet({.sequence = 7, .payload = "abcde"}));
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->begin, 7U);
  EXPECT_EQ(v4->size, 5U);
  const auto v6 = range_of(test::v6_packet({.sequence = 4000000000U, .payload = "abc"}));
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->begin, 4000000000U);
  EXPECT_EQ(v6->size, 3U);
}

TEST(TcpSequence, SynAndFinCountOneEach) {
  EXPECT_EQ(range_of(test::v4_packet({.payload = "ab", .flags = 0x11}))->size, 3U);
  EXPECT_EQ(range_of(test::v4_packet({.payload = "", .flags = 0x02}))->size, 1U);
  EXPECT_EQ(range_of(test::v4_packet({.payload = "", .flags = 0x04}))->size, 0U);
}

TEST(TcpSequence, PaddingBehindThePacketIsNotPayload) {
  ByteBuffer padded = test::v4_packet({.payload = "ab"});
  padded.resize(60);
  EXPECT_EQ(range_of(padded)->size, 2U);
}

TEST(TcpSequence, CutPacketsCountWhatWasOnTheWire) {
  const ByteBuffer whole = test::v4_packet({.payload = "abcdef"});
  EXPECT_EQ(tcp_sequence_range(Bytes(whole).first(42), 46)->size, 6U);
}

TEST(TcpSequence, WithoutLengthFieldTheSizeCounts) {
  ByteBuffer large = test::v4_packet({.payload = "abcd"});
  large[2] = large[3] = std::byte{0};
  EXPECT_EQ(range_of(large)->size, 4U);
}

TEST(TcpSequence, OtherPacketsHaveNone) {
  EXPECT_FALSE(range_of({}));
  EXPECT_FALSE(range_of(test::v4_packet({.payload = "a", .fragment = 0x2000})));
  EXPECT_FALSE(range_of(test::v4_packet({.payload = "a", .fragment = 0x0001})));
  EXPECT_FALSE(range_of(test::v4_packet({.payload = "a", .protocol = 17})));
  EXPECT_FALSE(range_of(test::v6_packet({.payload = "a", .protocol = 0})));
  ByteBuffer version = test::v4_packet({.payload = "a"});
  version[0] = std::byte{0x55};
  EXPECT_FALSE(range_of(version));
}

TEST(TcpSequence, EveryCutAndEveryBadLengthIsSafe) {
  for (const ByteBuffer& whole : {test::v4_packet({.payload = "abc"}), test::v6_packet({.payload = "abc"})}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const ByteBuffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(range_of(cut)) << size;
    }
  }
  ByteBuffer offset = test::v4_packet({.payload = "abc"});
  offset[32] = std::byte{0xf0};
  EXPECT_FALSE(range_of(offset)) << "the TCP header would reach behind the packet";
  offset[32] = std::byte{0x40};
  EXPECT_FALSE(range_of(offset)) << "the TCP header would be shorter than it is";
}

}  // namespace
}  // namespace sallyport
