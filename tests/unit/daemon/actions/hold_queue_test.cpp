#include "daemon/actions/hold_queue.h"

#include <gtest/gtest.h>

#include "daemon/base/limits.h"
#include "tests/support/fake_flow_control.h"

namespace sallyport {
namespace {

using std::chrono::milliseconds;

constexpr auto kUp = Direction::kClientToServer;
constexpr auto kDown = Direction::kServerToClient;
using Ids = std::vector<TransferId>;

Timestamp at(int milliseconds_count) {
  return Timestamp(milliseconds(milliseconds_count));
}

class HoldQueueTest : public ::testing::Test {
 protected:
  HoldRequest request(std::uint64_t flow, std::uint64_t transfer, int now = 0, int deadline = 1000) {
    HoldRequest wish;
    wish.flow = FlowId{flow};
    wish.transfer = TransferId{transfer};
    wish.position = {{100, 200}, {true, true}};
    wish.now = at(now);
    wish.deadline = at(deadline);
    return wish;
  }
  HoldRequest unit_end(std::uint64_t flow, std::uint64_t transfer, int now) {
    HoldRequest wish = request(flow, transfer, now);
    wish.more_may_follow = true;
    return wish;
  }

  test::FakeFlowControl control_;
  HoldQueue queue_{control_, {.settle_time = milliseconds(10), .flows_max = 3}};
};

TEST_F(HoldQueueTest, ReleasesWhenTheLastHolderSettles) {
  EXPECT_TRUE(queue_.hold(request(1, 10)));
  EXPECT_TRUE(queue_.hold(request(1, 11)));
  EXPECT_TRUE(queue_.hold(request(1, 10)));
  EXPECT_EQ(control_.take_log(), "hold 1 client_to_server\n");
  queue_.settle(TransferId{10});
  EXPECT_EQ(control_.take_log(), "");
  EXPECT_TRUE(queue_.is_held(FlowId{1}, kUp));
  queue_.settle(TransferId{11});
  EXPECT_EQ(control_.take_log(), "release 1 client_to_server\n");
  EXPECT_FALSE(queue_.is_held(FlowId{1}, kUp));
  queue_.settle(TransferId{11});
  EXPECT_EQ(control_.take_log(), "");
  EXPECT_EQ(queue_.stats().flows_held_now.value(), 0U);
  EXPECT_EQ(queue_.stats().transfers_held_now.value(), 0U);
}

TEST_F(HoldQueueTest, DirectionsAreApart) {
  queue_.hold(request(1, 10));
  HoldRequest down = request(1, 11);
  down.direction = kDown;
  queue_.hold(down);
  EXPECT_EQ(control_.take_log(), "hold 1 client_to_server\nhold 1 server_to_client\n");
  queue_.settle(TransferId{10});
  EXPECT_EQ(control_.take_log(), "release 1 client_to_server\n");
  EXPECT_TRUE(queue_.is_held(FlowId{1}, kDown));
}

TEST_F(HoldQueueTest, OneTransferOnManyFlows) {
  queue_.hold(request(1, 10));
  queue_.hold(request(2, 10));
  control_.take_log();
  queue_.settle(TransferId{10});
  EXPECT_EQ(control_.take_log(), "release 1 client_to_server\nrelease 2 client_to_server\n");
}

TEST_F(HoldQueueTest, ForgetReleasesNothing) {
  queue_.hold(request(1, 10));
  queue_.hold(request(1, 11));
  queue_.hold(request(2, 11));
  control_.take_log();
  queue_.forget(FlowId{1});
  EXPECT_FALSE(queue_.is_held(TransferId{10}));
  EXPECT_TRUE(queue_.is_held(TransferId{11}));
  queue_.settle(TransferId{10});
  EXPECT_EQ(control_.take_log(), "");
  queue_.settle(TransferId{11});
  EXPECT_EQ(control_.take_log(), "release 2 client_to_server\n");
  EXPECT_TRUE(queue_.expired(at(5000)).empty());
}

TEST_F(HoldQueueTest, DeadlineIsToldOnceAndTheEarliestCounts) {
  queue_.hold(request(1, 10, 0, 500));
  queue_.hold(request(2, 10, 0, 300));
  queue_.hold(request(2, 11, 0, 400));
  queue_.hold(request(3, 11, 0, 900));
  EXPECT_TRUE(queue_.expired(at(299)).empty());
  EXPECT_EQ(queue_.expired(at(300)), Ids{TransferId{10}});
  queue_.hold(request(3, 10, 350, 360));
  EXPECT_EQ(queue_.expired(at(2000)), Ids{TransferId{11}});
  EXPECT_TRUE(queue_.is_held(FlowId{2}, kUp)) << "an expired hold stays until it is settled";
  EXPECT_EQ(queue_.stats().deadlines_passed.value(), 2U);
}

TEST_F(HoldQueueTest, QuietAfterTheSettleTimeOncePerSilence) {
  queue_.hold(unit_end(1, 10, 0));
  queue_.hold(request(2, 11, 0));
  queue_.touch(FlowId{1}, at(5));
  EXPECT_TRUE(queue_.quiet(at(14)).empty());
  EXPECT_EQ(queue_.quiet(at(15)), Ids{TransferId{10}}) << "the other one knows that its object is whole";
  EXPECT_TRUE(queue_.quiet(at(30)).empty());
  queue_.touch(FlowId{1}, at(40));
  EXPECT_TRUE(queue_.quiet(at(49)).empty());
  EXPECT_EQ(queue_.quiet(at(50)), Ids{TransferId{10}});
}

TEST_F(HoldQueueTest, NotQuietWhileAnyOfItsFlowsTalks) {
  queue_.hold(unit_end(1, 10, 0));
  queue_.hold(unit_end(2, 10, 3));
  EXPECT_TRUE(queue_.quiet(at(12)).empty());
  EXPECT_EQ(queue_.quiet(at(13)), Ids{TransferId{10}});
}

TEST_F(HoldQueueTest, LearningThatTheObjectIsWholeEndsTheWaitForSilence) {
  queue_.hold(unit_end(1, 10, 0));
  queue_.hold(request(1, 10, 1));
  EXPECT_TRUE(queue_.quiet(at(100)).empty());
}

TEST_F(HoldQueueTest, PositionIsThatOfTheHold) {
  queue_.hold(request(1, 10));
  HoldRequest later = request(1, 11);
  later.position.next_sequence[0] = 150;
  queue_.hold(later);
  const TcpPosition position = queue_.position(FlowId{1}, {{170, 270}, {true, true}});
  EXPECT_EQ(position.next_sequence[0], 100U);
  EXPECT_EQ(position.next_sequence[1], 270U) << "the other direction goes on";
  EXPECT_EQ(queue_.position(FlowId{2}, {{170, 270}, {true, true}}).next_sequence[0], 170U);
  EXPECT_EQ(queue_.held_since(FlowId{1}, kUp), at(0));
}

TEST_F(HoldQueueTest, LimitsRefuseAndCount) {
  for (std::uint64_t flow = 1; flow <= 3; ++flow) EXPECT_TRUE(queue_.hold(request(flow, 10)));
  EXPECT_FALSE(queue_.hold(request(4, 10)));
  for (std::uint64_t i = 1; i < limits::kHoldersPerDirection; ++i) EXPECT_TRUE(queue_.hold(request(1, 10 + i)));
  EXPECT_FALSE(queue_.hold(request(1, 9999)));
  EXPECT_FALSE(queue_.is_held(TransferId{9999}));
  EXPECT_TRUE(queue_.hold(request(1, 10))) << "who holds already may ask again";
  EXPECT_EQ(queue_.stats().refused.value(), 2U);
}

}  // namespace
}  // namespace sallyport
