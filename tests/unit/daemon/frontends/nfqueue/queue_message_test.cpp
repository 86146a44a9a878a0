#include "daemon/frontends/nfqueue/queue_message.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter/nfnetlink_queue.h>

#include <array>
#include <optional>
#include <vector>

namespace sallyport {
namespace {

class QueueMessageTest : public ::testing::Test {
 protected:
  nlmsghdr* begin() { return nfq_nlmsg_put(buffer_.data(), NFQNL_MSG_PACKET, 3); }
  void put_header(nlmsghdr* message, std::uint32_t id) {
    const nfqnl_msg_packet_hdr header{htonl(id), htons(0x0800), 2};
    mnl_attr_put(message, NFQA_PACKET_HDR, sizeof header, &header);
  }
  std::optional<QueuedPacket> parse(const nlmsghdr* message, std::size_t size) {
    std::optional<QueuedPacket> result;
    for_each_packet(
        as_byte_span(message, size), [&](const QueuedPacket& packet) { result = packet; }, stats_);
    return result;
  }
  std::optional<QueuedPacket> parse(const nlmsghdr* message) { return parse(message, message->nlmsg_len); }

  alignas(nlmsghdr) std::array<char, 4096> buffer_{};
  QueueMessageStats stats_;
};

TEST_F(QueueMessageTest, ReadsAllAttributes) {
  nlmsghdr* const message = begin();
  put_header(message, 77);
  mnl_attr_put_u32(message, NFQA_MARK, htonl(5));
  mnl_attr_put_u32(message, NFQA_CAP_LEN, htonl(100));
  mnl_attr_put(message, NFQA_PAYLOAD, 3, "abc");
  const auto packet = parse(message);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->id, 77U);
  EXPECT_EQ(packet->mark, 5U);
  EXPECT_EQ(packet->original_size, 100U);
  EXPECT_EQ(as_text(packet->payload), "abc");
  EXPECT_EQ(packet->checksums, ChecksumState::kChecked);
}

TEST_F(QueueMessageTest, ChecksumsAreTrustedOnlyWhenSomebodyVerifiedThem) {
  for (const auto& [info, trusted] : {std::pair{NFQA_SKB_CSUM_NOTVERIFIED, false},
                                      {NFQA_SKB_CSUMNOTREADY, true},
                                      {NFQA_SKB_CSUM_NOTVERIFIED | NFQA_SKB_GSO, true}}) {
    nlmsghdr* const message = begin();
    put_header(message, 1);
    mnl_attr_put_u32(message, NFQA_SKB_INFO, htonl(static_cast<std::uint32_t>(info)));
    EXPECT_EQ(parse(message)->checksums == ChecksumState::kChecked, trusted) << info;
  }
}

TEST_F(QueueMessageTest, MessagesWithoutPacketAreCounted) {
  EXPECT_FALSE(parse(begin()));
  EXPECT_EQ(stats_.malformed.value(), 1U);
  nlmsghdr* const message = begin();
  put_header(message, 1);
  EXPECT_FALSE(parse(message, message->nlmsg_len - 1)) << "cut: not even a message";
}

TEST_F(QueueMessageTest, RefusedVerdictsAreCounted) {
  nlmsghdr* const message = mnl_nlmsg_put_header(buffer_.data());
  message->nlmsg_type = NLMSG_ERROR;
  auto* const error = static_cast<nlmsgerr*>(mnl_nlmsg_put_extra_header(message, sizeof(nlmsgerr)));
  EXPECT_FALSE(parse(message));
  EXPECT_EQ(stats_.verdict_errors.value(), 0U) << "an acknowledgement";
  error->error = -ENOENT;
  EXPECT_FALSE(parse(message));
  EXPECT_EQ(stats_.packets_gone.value(), 1U);
  error->error = -EPERM;
  EXPECT_FALSE(parse(message));
  EXPECT_EQ(stats_.verdict_errors.value(), 1U);
  EXPECT_EQ(stats_.malformed.value(), 0U);
}

}  // namespace
}  // namespace sallyport
