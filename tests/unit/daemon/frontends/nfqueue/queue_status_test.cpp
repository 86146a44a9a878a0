#include "daemon/frontends/nfqueue/queue_status.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

constexpr std::string_view kText =
    "    0  31621     0 2 65531     7     8     1234  1\n"
    "   12 4000000001   17 2 65531  9    10 12345678  1\n";

TEST(QueueStatus, FindsTheQueue) {
  const auto status = parse_queue_status(kText, 12);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->port, 4000000001U);
  EXPECT_EQ(status->packets, 17U);
  EXPECT_EQ(status->queue_dropped, 9U);
  EXPECT_EQ(status->user_dropped, 10U);
  EXPECT_EQ(parse_queue_status(kText, 0)->queue_dropped, 7U);
}

TEST(QueueStatus, NothingForOtherTexts) {
  EXPECT_FALSE(parse_queue_status(kText, 1));
  EXPECT_FALSE(parse_queue_status("", 0));
  EXPECT_FALSE(parse_queue_status("\n\n", 0));
  EXPECT_FALSE(parse_queue_status("0 1 2 3", 0));
  EXPECT_FALSE(parse_queue_status("0 1 2 3 x 5 6", 0));
}

}  // namespace
}  // namespace sallyport
