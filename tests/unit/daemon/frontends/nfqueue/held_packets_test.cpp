#include "daemon/frontends/nfqueue/held_packets.h"

#include <gtest/gtest.h>

#include "tests/support/ip_packets.h"

namespace sallyport {
namespace {

class HeldPacketsTest : public ::testing::Test {
 protected:
  bool keep(std::uint32_t sequence, std::string_view payload, std::uint8_t flags = 0x10) {
    const ByteBuffer bytes = test::v4_packet({.sequence = sequence, .payload = payload, .flags = flags});
    QueuedPacket packet;
    packet.id = ++last_id_;
    packet.payload = bytes;
    packet.original_size = static_cast<std::uint32_t>(bytes.size());
    return held_.keep(packet);
  }

  HeldPackets held_;
  std::uint32_t last_id_ = 0;
};

TEST_F(HeldPacketsTest, RetransmissionsAreNotKept) {
  EXPECT_TRUE(keep(100, "abcd"));
  EXPECT_TRUE(keep(104, "efgh"));
  EXPECT_FALSE(keep(100, "abcd"));
  EXPECT_FALSE(keep(102, "cdef")) << "cut differently, all of it held";
  EXPECT_TRUE(keep(106, "ghij")) << "brings something new";
  EXPECT_EQ(held_.size(), 3U);
}

TEST_F(HeldPacketsTest, BytesBeforeTheFirstAndAcrossTheWrap) {
  EXPECT_TRUE(keep(2, "abcd"));
  EXPECT_TRUE(keep(0xfffffffeU, "abcd"));
  EXPECT_FALSE(keep(0xffffffffU, "abcde"));
}

TEST_F(HeldPacketsTest, FinIsNewButRstAlways) {
  EXPECT_TRUE(keep(100, "abcd"));
  EXPECT_TRUE(keep(100, "abcd", 0x11));
  EXPECT_FALSE(keep(104, "", 0x11));
  EXPECT_TRUE(keep(104, "", 0x04));
  EXPECT_TRUE(keep(104, "", 0x04));
}

TEST_F(HeldPacketsTest, ClearForgetsTheBytes) {
  EXPECT_TRUE(keep(100, "abcd"));
  held_.clear();
  EXPECT_EQ(held_.size(), 0U);
  EXPECT_TRUE(keep(100, "abcd"));
}

}  // namespace
}  // namespace sallyport
