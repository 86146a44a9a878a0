#include "daemon/frontends/nfqueue/flow_verdicts.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/support/ip_packets.h"

namespace sallyport {
namespace {

constexpr auto kUp = Direction::kClientToServer;
constexpr auto kDown = Direction::kServerToClient;
constexpr FlowId kFlow{1};
constexpr FlowId kOther{2};
constexpr std::uint32_t kMark = 0x100;

class TextSink : public VerdictSink {
 public:
  void give(const PacketVerdict& verdict) override {
    log_ += (verdict.accept ? "accept " : "drop ") + std::to_string(verdict.id) +
            (verdict.has_mark ? " mark " + std::to_string(verdict.mark) : "") + "\n";
  }
  std::string take() { return std::exchange(log_, {}); }

 private:
  std::string log_;
};

class FlowVerdictsTest : public ::testing::Test {
 protected:
  /// Hands in a packet with ten new bytes; `meanwhile` is what the sink asks for while it has the packet.
  std::string packet(
      PacketPlace place, const std::function<void()>& meanwhile = [] {}) {
    const ByteBuffer bytes = test::v4_packet({.sequence = 10 * ++last_id_, .payload = "0123456789"});
    QueuedPacket queued;
    queued.id = last_id_;
    queued.mark = 1;
    queued.payload = bytes;
    queued.original_size = static_cast<std::uint32_t>(bytes.size());
    verdicts_.begin_packet();
    meanwhile();
    verdicts_.judge(queued, place);
    return sink_.take();
  }
  static constexpr PacketPlace kUpBytes{kFlow, kUp, true};
  static constexpr PacketPlace kUpAck{kFlow, kUp, false};
  static constexpr PacketPlace kDownBytes{kFlow, kDown, true};

  TextSink sink_;
  FlowVerdicts verdicts_{sink_, {.held_per_direction = 3, .held_packets = 4}, kMark};
  std::uint32_t last_id_ = 0;
};

TEST_F(FlowVerdictsTest, PassesByDefault) {
  EXPECT_EQ(packet(kUpBytes), "accept 1\n");
  EXPECT_EQ(packet({}), "accept 2\n");
}

TEST_F(FlowVerdictsTest, HoldsOneDirectionFromThePacketHandedInOn) {
  EXPECT_EQ(packet(kUpBytes), "accept 1\n");
  EXPECT_EQ(packet(kUpBytes, [&] { verdicts_.hold(kFlow, kUp); }), "");
  EXPECT_EQ(packet(kUpBytes), "");
  EXPECT_EQ(packet(kUpAck), "accept 4\n") << "pure acknowledgements pass";
  EXPECT_EQ(packet(kDownBytes), "accept 5\n");
  EXPECT_EQ(packet({kOther, kUp, true}), "accept 6\n");
  EXPECT_EQ(verdicts_.held_packets(), 2U);
  verdicts_.release(kFlow, kUp);
  EXPECT_EQ(sink_.take(), "accept 2\naccept 3\n");
  EXPECT_EQ(packet(kUpBytes), "accept 7\n");
  EXPECT_EQ(verdicts_.held_packets(), 0U);
  EXPECT_EQ(verdicts_.stats().released.value(), 2U);
}

TEST_F(FlowVerdictsTest, ReleaseWhileAPacketIsHandedInKeepsTheOrder) {
  packet(kUpBytes, [&] { verdicts_.hold(kFlow, kUp); });
  EXPECT_EQ(packet(kUpBytes, [&] { verdicts_.release(kFlow, kUp); }), "accept 1\naccept 2\n");
}

TEST_F(FlowVerdictsTest, ReleaseOfOneDirectionLeavesTheOtherHeld) {
  packet(kUpBytes, [&] { verdicts_.hold(kFlow, kUp); });
  packet(kDownBytes, [&] { verdicts_.hold(kFlow, kDown); });
  verdicts_.release(kFlow, kUp);
  EXPECT_EQ(sink_.take(), "accept 1\n");
  EXPECT_EQ(packet(kDownBytes), "");
  verdicts_.release(kFlow, kDown);
  EXPECT_EQ(sink_.take(), "accept 2\naccept 3\n");
}

TEST_F(FlowVerdictsTest, DropDiscardsEverythingInBothDirections) {
  packet(kUpBytes, [&] { verdicts_.hold(kFlow, kUp); });
  EXPECT_EQ(packet(kUpBytes, [&] { verdicts_.drop(kFlow); }), "drop 1\ndrop 2\n");
  EXPECT_EQ(packet(kUpAck), "drop 3\n");
  EXPECT_EQ(packet(kDownBytes), "drop 4\n");
  verdicts_.release(kFlow, kUp);
  verdicts_.hold(kFlow, kUp);
  verdicts_.bypass(kFlow);
  EXPECT_EQ(packet(kUpBytes), "drop 5\n") << "a drop is final";
  EXPECT_EQ(packet({kOther, kUp, true}), "accept 6\n");
  verdicts_.forget(kFlow);
  EXPECT_EQ(packet(kUpBytes), "accept 7\n");
}

TEST_F(FlowVerdictsTest, DroppedAndForgottenAtOnceStillConcernsThePacketHandedIn) {
  const auto end_both = [&] {
    verdicts_.drop(kFlow);
    verdicts_.drop(kOther);
    verdicts_.forget(kFlow);
    verdicts_.forget(kOther);
  };
  EXPECT_EQ(packet(kUpBytes, end_both), "drop 1\n");
  EXPECT_EQ(packet({}, end_both), "drop 2\n") << "the flow is no more, its bytes must not pass all the same";
  EXPECT_EQ(packet({}), "accept 3\n");
  EXPECT_EQ(packet(kUpBytes), "accept 4\n");
}

TEST_F(FlowVerdictsTest, BypassSetsTheMarkBesideOthersAndReleases) {
  packet(kUpBytes, [&] { verdicts_.hold(kFlow, kUp); });
  EXPECT_EQ(packet(kUpAck, [&] { verdicts_.bypass(kFlow); }), "accept 1 mark 257\naccept 2 mark 257\n");
  EXPECT_EQ(packet(kDownBytes), "accept 3 mark 257\n");
  EXPECT_EQ(packet({kOther, kUp, true}), "accept 4\n");
  EXPECT_EQ(packet(kDownBytes, [&] { verdicts_.forget(kFlow); }), "accept 5 mark 257\n");
  EXPECT_EQ(packet(kDownBytes), "accept 6\n");
  EXPECT_EQ(verdicts_.stats().bypassed_flows.value(), 1U);
  EXPECT_EQ(verdicts_.stats().bypassed_packets.value(), 4U);
}

TEST_F(FlowVerdictsTest, BypassWithoutMarkOnlyReleases) {
  FlowVerdicts plain(sink_, {.held_per_direction = 3, .held_packets = 4}, 0);
  plain.hold(kFlow, kUp);
  plain.begin_packet();
  plain.judge({.id = 9, .mark = 0, .payload = {}, .original_size = 0, .checksums = ChecksumState::kChecked}, kUpBytes);
  plain.bypass(kFlow);
  EXPECT_EQ(sink_.take(), "accept 9\n");
}

TEST_F(FlowVerdictsTest, ForgetReleases) {
  packet(kUpBytes, [&] { verdicts_.hold(kFlow, kUp); });
  verdicts_.forget(kFlow);
  EXPECT_EQ(sink_.take(), "accept 1\n");
  EXPECT_EQ(packet(kUpBytes), "accept 2\n");
}

TEST_F(FlowVerdictsTest, LimitsPerDirectionAndInAllDrop) {
  packet(kUpBytes, [&] { verdicts_.hold(kFlow, kUp); });
  packet(kUpBytes);
  packet(kUpBytes);
  EXPECT_EQ(packet(kUpBytes), "drop 4\n") << "the direction is full";
  EXPECT_EQ(packet({kOther, kUp, true}, [&] { verdicts_.hold(kOther, kUp); }), "");
  EXPECT_EQ(packet({kOther, kUp, true}), "drop 6\n") << "all together are full";
  EXPECT_EQ(verdicts_.stats().held_overflow.value(), 2U);
  verdicts_.release(kFlow, kUp);
  EXPECT_EQ(sink_.take(), "accept 1\naccept 2\naccept 3\n");
}

TEST_F(FlowVerdictsTest, APacketThatContradictsIsDroppedAndItsFlowGoesOn) {
  constexpr PacketPlace kContradicting{kFlow, kUp, true, true};
  EXPECT_EQ(packet(kContradicting), "drop 1\n");
  EXPECT_EQ(packet(kUpBytes), "accept 2\n");
  packet(kUpBytes, [&] { verdicts_.hold(kFlow, kUp); });
  EXPECT_EQ(packet(kContradicting), "drop 4\n") << "also while others are withheld";
  EXPECT_EQ(packet({{}, kUp, false, true}), "drop 5\n") << "a fragment has no flow";
  verdicts_.release(kFlow, kUp);
  EXPECT_EQ(sink_.take(), "accept 3\n");
  EXPECT_EQ(verdicts_.stats().dropped.value(), 3U);
}

TEST_F(FlowVerdictsTest, CopiesOfWithheldBytesAreDroppedAtOnce) {
  packet(kUpBytes, [&] { verdicts_.hold(kFlow, kUp); });
  --last_id_;
  EXPECT_EQ(packet(kUpBytes), "drop 1\n") << "the same sequence numbers again";
  EXPECT_EQ(verdicts_.stats().duplicates.value(), 1U);
}

}  // namespace
}  // namespace sallyport
