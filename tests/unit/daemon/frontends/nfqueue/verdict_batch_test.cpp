#include "daemon/frontends/nfqueue/verdict_batch.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink_queue.h>

#include <string>

namespace sallyport {
namespace {

std::string text_of(const nlmsghdr* message) {
  const nlmsghdr& header = *message;
  std::string text = (header.nlmsg_type & 0xff) == NFQNL_MSG_VERDICT_BATCH ? "batch" : "one";
  for (const nlattr* attribute = static_cast<const nlattr*>(mnl_nlmsg_get_payload_offset(message, 4));
       mnl_attr_ok(attribute, static_cast<int>(reinterpret_cast<const char*>(message) + header.nlmsg_len -
                                               reinterpret_cast<const char*>(attribute)));
       attribute = mnl_attr_next(attribute)) {
    if (mnl_attr_get_type(attribute) == NFQA_VERDICT_HDR) {
      const auto* const verdict = static_cast<const nfqnl_msg_verdict_hdr*>(mnl_attr_get_payload(attribute));
      text += (ntohl(verdict->verdict) == 1 ? " accept " : " drop ") + std::to_string(ntohl(verdict->id));
    } else {
      text += " mark " + std::to_string(ntohl(mnl_attr_get_u32(attribute)));
    }
  }
  return text + "; ";
}

std::string text_of(const std::vector<Bytes>& sends) {
  std::string text;
  for (const Bytes send : sends) {
    EXPECT_LE(send.size(), VerdictBatch::kSendBytes);
    int left = static_cast<int>(send.size());
    const auto* message = reinterpret_cast<const nlmsghdr*>(send.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) text += text_of(message);
    EXPECT_EQ(left, 0);
  }
  return text;
}

TEST(VerdictBatch, RunsOfAcceptsBecomeOne) {
  VerdictBatch batch(5);
  for (std::uint32_t id = 1; id <= 4; ++id) batch.give({id, true, false, 0});
  batch.give({5, false, false, 0});
  batch.give({6, true, true, 9});
  batch.give({7, true, false, 0});
  EXPECT_EQ(text_of(batch.encode(false)), "batch accept 4; one drop 5; one accept 6 mark 9; one accept 7; ");
  EXPECT_TRUE(batch.empty());
  EXPECT_TRUE(batch.encode(false).empty());
}

TEST(VerdictBatch, NeverPassesOverAPacketThatWaits) {
  VerdictBatch batch(5);
  for (std::uint32_t id = 1; id <= 2; ++id) batch.give({id, true, false, 0});
  EXPECT_EQ(text_of(batch.encode(true)), "one accept 1; one accept 2; ");
}

TEST(VerdictBatch, SortsByArrivalAcrossTheWrap) {
  VerdictBatch batch(5);
  for (const std::uint32_t id : {1U, 0xffffffffU, 0U}) batch.give({id, true, false, 0});
  EXPECT_EQ(text_of(batch.encode(false)), "batch accept 1; ");
  for (const std::uint32_t id : {1U, 0xffffffffU, 0U}) batch.give({id, false, false, 0});
  EXPECT_EQ(text_of(batch.encode(false)), "one drop 4294967295; one drop 0; one drop 1; ");
}

TEST(VerdictBatch, ManyVerdictsAreSeveralSends) {
  VerdictBatch batch(5);
  for (std::uint32_t id = 0; id < 4000; ++id) batch.give({id, false, true, 1});
  const auto sends = batch.encode(false);
  EXPECT_GT(sends.size(), 1U);
  const std::string text = text_of(sends);
  EXPECT_EQ(std::count(text.begin(), text.end(), ';'), 4000);
}

}  // namespace
}  // namespace sallyport
