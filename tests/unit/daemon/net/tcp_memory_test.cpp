// What time and budgets take away.
#include <gtest/gtest.h>

#include "daemon/net/tcp_reassembler.h"
#include "tests/support/recording_stream_sink.h"
#include "tests/support/tcp_script.h"

namespace sallyport {
namespace {

using test::TcpScript;

class TcpMemoryTest : public testing::Test {
 protected:
  TcpReassembler& net() {
    if (!net_) net_.emplace(sink_, config_);
    return *net_;
  }
  TcpScript flow(std::uint16_t port) { return TcpScript("10.0.0.1", "10.0.0.2", port); }

  test::RecordingStreamSink sink_;
  ReassemblyConfig config_;
  std::optional<TcpReassembler> net_;
};

TEST_F(TcpMemoryTest, IdleFlowsTimeOut) {
  TcpScript live = flow(5000), scan = flow(5001);
  live.handshake().play(net());
  scan.client().syn().play(net());
  net().on_tick(live.time() + std::chrono::minutes(1));
  EXPECT_EQ(sink_.still_open(), 1U);
  net().on_tick(live.time() + std::chrono::minutes(9));
  EXPECT_EQ(sink_.still_open(), 1U);
  net().on_tick(live.time() + std::chrono::minutes(11));
  EXPECT_EQ(sink_.still_open(), 0U);
  EXPECT_EQ(net().stats().flows_timed_out.value(), 2U);
}

TEST_F(TcpMemoryTest, AFullTableGivesUpTheLongestIdle) {
  config_.flows_max = 3;
  for (std::uint16_t port = 5000; port < 5003; ++port) flow(port).handshake().play(net());
  TcpScript scan = flow(5003);
  scan.client().syn().play(net());
  EXPECT_NE(sink_.log().find("#1 close evicted"), std::string::npos);
  flow(5004).client().syn().play(net());
  EXPECT_NE(sink_.log().find("#4 close evicted"), std::string::npos) << "what may be a scan goes before a connection";
  EXPECT_EQ(net().stats().flows_active.value(), 3U);
}

TEST_F(TcpMemoryTest, AFullBudgetTakesTheBuffersOfTheLongestIdle) {
  config_.buffered_bytes_max = 20000;
  config_.history_bytes = 0;
  std::vector<TcpScript> scripts;
  for (std::uint16_t port = 5000; port < 5003; ++port) {
    scripts.push_back(flow(port));
    scripts.back().handshake().client().gap(5).data(std::string(8000, 'x')).play(net());
    EXPECT_LE(net().stats().buffered_bytes.value(), config_.buffered_bytes_max);
  }
  EXPECT_NE(sink_.log().find("#1 > gap 0+5"), std::string::npos);
  EXPECT_EQ(sink_.log().find("#2 > gap"), std::string::npos);
  EXPECT_EQ(net().stats().budget_evictions.value(), 1U);
}

TEST_F(TcpMemoryTest, HistoryIsGivenUpBeforeTheBudgetBreaks) {
  config_.buffered_bytes_max = 20000;
  for (std::uint16_t port = 5000; port < 5020; ++port) {
    flow(port).handshake().client().data(std::string(5000, 'x')).play(net());
    EXPECT_LE(net().stats().buffered_bytes.value(), config_.buffered_bytes_max);
  }
  EXPECT_GT(net().stats().budget_evictions.value(), 10U);
  EXPECT_EQ(net().stats().gaps.value(), 0U);
}

TEST_F(TcpMemoryTest, ASilentFlowKeepsNoHistoryAndSaysSoOnce) {
  TcpScript script = flow(5000);
  script.handshake().client().data("abc").server().ack().play(net());
  EXPECT_GT(net().stats().buffered_bytes.value(), 0U);
  net().on_tick(script.time() + config_.quiet_after);
  net().on_tick(script.time() + 2 * config_.quiet_after);
  EXPECT_EQ(net().stats().buffered_bytes.value(), 0U);
  EXPECT_EQ(sink_.log(), "#1 open 10.0.0.1:5000 10.0.0.2:80\n#1 > 0 abc\n#1 quiet\n");
  script.client().overlap(3, "aXc").data("def").play(net());
  EXPECT_EQ(sink_.client_bytes(), "abcdef");
  EXPECT_EQ(net().stats().unverified_bytes.value(), 3U) << "it was acknowledged: nobody takes the second reading";
  EXPECT_EQ(net().stats().conflicts.value(), 0U);
}

TEST_F(TcpMemoryTest, WhatIsNotAcknowledgedIsStillComparedAfterASilence) {
  TcpScript script = flow(5000);
  script.handshake().client().data("abc").play(net());
  net().on_tick(script.time() + config_.quiet_after);
  EXPECT_EQ(sink_.log().find("quiet"), std::string::npos);
  script.client().overlap(3, "aXc").play(net());
  EXPECT_EQ(net().stats().conflicts.value(), 1U);
  script.server().ack().play(net());
  net().on_tick(script.time() + 3 * config_.quiet_after);
  EXPECT_NE(sink_.log().find("quiet"), std::string::npos);
}

TEST_F(TcpMemoryTest, AQuietFlowThatSpeaksIsNotTheNextToTimeOut) {
  TcpScript first = flow(5000), second = flow(5001);
  first.handshake().play(net());
  second.handshake().play(net());
  net().on_tick(first.time() + config_.quiet_after);
  first.wait(config_.established_timeout - std::chrono::seconds(1)).client().data("x").play(net());
  net().on_tick(first.time() + std::chrono::seconds(2));
  EXPECT_EQ(sink_.log().substr(sink_.log().find("close")), "close idle_timeout\n");
  EXPECT_EQ(sink_.still_open(), 1U);
}

TEST_F(TcpMemoryTest, AHoleThatIsFilledGivesTheNextOneItsOwnTime) {
  TcpScript script = flow(5000);
  script.handshake().client().at(2, "c").play(net());
  script.wait(std::chrono::seconds(4)).at(4, "e").at(0, "ab").play(net());
  net().on_tick(script.time() + std::chrono::seconds(2));
  EXPECT_EQ(net().stats().gaps.value(), 0U);
  net().on_tick(script.time() + std::chrono::seconds(6));
  EXPECT_EQ(sink_.client_bytes(), "abc.e");
}

TEST_F(TcpMemoryTest, TheEndDeliversWhatWaitsAndClosesAll) {
  TcpScript script = flow(5000);
  script.handshake().client().gap(2).data("cd").gap(4).server().ack().play(net());
  net().on_end(script.time());
  EXPECT_EQ(sink_.log(),
            "#1 open 10.0.0.1:5000 10.0.0.2:80\n#1 > gap 0+2\n#1 > 2 cd\n#1 > gap 4+4\n#1 close shutdown\n");
  EXPECT_EQ(net().stats().buffered_bytes.value(), 0U);
  EXPECT_EQ(net().find(sink_.last()), nullptr);
}

TEST_F(TcpMemoryTest, TimeThatGoesBackHarmsNothing) {
  TcpScript script = flow(5000);
  script.handshake().client().data("abc").play(net());
  script.wait(std::chrono::minutes(-50)).data("def").play(net());
  net().on_tick(script.time());
  EXPECT_EQ(sink_.client_bytes(), "abcdef");
  EXPECT_EQ(sink_.still_open(), 1U);
}

}  // namespace
}  // namespace sallyport
