// How flows begin and end.
#include <gtest/gtest.h>

#include "daemon/net/tcp_reassembler.h"
#include "tests/support/recording_stream_sink.h"
#include "tests/support/tcp_script.h"

namespace sallyport {
namespace {

using test::TcpScript;

class TcpFlowEventsTest : public testing::Test {
 protected:
  TcpReassembler& net() {
    if (!net_) net_.emplace(sink_, config_);
    return *net_;
  }
  std::string play(TcpScript& script) {
    script.play(net());
    return sink_.take_log();
  }
  std::string wait(Duration duration) {
    net().on_tick(script_.wait(duration).time());
    return sink_.take_log();
  }
  test::RecordingStreamSink sink_;
  ReassemblyConfig config_;
  std::optional<TcpReassembler> net_;
  TcpScript script_;
};

constexpr Duration kEnding = ReassemblyConfig().ending_timeout;
constexpr const char* kSigns = "#1 > sign tcp_overlap\n#1 < sign tcp_overlap\n";
constexpr const char* kOpen = "#1 open 10.0.0.1:40000 10.0.0.2:80\n";

TEST_F(TcpFlowEventsTest, DataInTheSynBeginsTheStream) {
  script_.client().syn("fast").server().syn_ack().client().data(" open");
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 fast open\n");
}

TEST_F(TcpFlowEventsTest, UrgentDataIsASignBeforeItsBytes) {
  script_.handshake().client().at(0, "a!", test::kAck | test::kUrg).gap(2).at(2, "", test::kAck | test::kUrg);
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > sign urgent_data\n#1 > 0 a!\n");
}

TEST_F(TcpFlowEventsTest, SeveralPathsAreASignOnceTheServerAgreesOrDataComes) {
  const ByteBuffer capable{std::byte{30}, std::byte{4}, std::byte{1}, std::byte{0x81}};
  const std::string signs = "#1 > sign multipath\n#1 < sign multipath\n";
  script_.client().options(capable).syn().server().syn_ack().client().options({}).ack().data("a");
  EXPECT_EQ(play(script_), std::string(kOpen) + signs + "#1 > 0 a\n");
  TcpScript declined("10.0.0.3");
  declined.client().options(capable).syn().options({}).server().syn_ack().client().ack().data("a");
  EXPECT_EQ(play(declined).find("sign"), std::string::npos);
  TcpScript unheard("10.0.0.4");
  unheard.client().options(capable).syn().options({}).data("a");
  EXPECT_NE(play(unheard).find("> sign multipath"), std::string::npos);
  TcpScript joined("10.0.0.5");
  joined.client().options({std::byte{30}, std::byte{4}, std::byte{0x10}, std::byte{0}}).syn().server().syn_ack();
  EXPECT_NE(play(joined).find("> sign multipath"), std::string::npos);
}

TEST_F(TcpFlowEventsTest, ASynAckAloneTellsWhoIsTheClient) {
  script_.server().syn_ack().client().data("abc");
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 abc\n");
}

TEST_F(TcpFlowEventsTest, MidstreamGuessesTheClientByPort) {
  script_.server().gap(500).data("page").client().gap(70).data("next");
  EXPECT_EQ(play(script_), "#1 open 10.0.0.1:40000 10.0.0.2:80 midstream\n#1 < 0 page\n#1 > 0 next\n");
}

TEST_F(TcpFlowEventsTest, MidstreamCanBeOff) {
  config_.midstream = false;
  script_.client().gap(70).data("next");
  EXPECT_EQ(play(script_), "");
  EXPECT_EQ(net().stats().unfollowed_packets.value(), 1U);
}

TEST_F(TcpFlowEventsTest, MidstreamKnowsWhereAResetMustGo) {
  script_.client().gap(70).data("next");
  std::optional<TcpPosition> position;
  sink_.then = [&](FlowId flow, std::string_view) { position = net().position(flow); };
  play(script_);
  ASSERT_TRUE(position && position->known[0] && position->known[1]);
  EXPECT_EQ(position->next_sequence[0], 1001U + 70);
  EXPECT_EQ(position->next_sequence[1], 5001U);
}

TEST_F(TcpFlowEventsTest, OneSideAloneIsFollowed) {
  script_.client().syn().data("abc").gap(2).data("def").fin();
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 abc\n");
  net().on_tick(script_.time() + std::chrono::seconds(6));
  EXPECT_EQ(sink_.take_log(), "#1 > gap 3+2\n#1 > 5 def\n#1 > fin\n");
}

TEST_F(TcpFlowEventsTest, ALostSynAckIsMadeUpForByTheFirstAcknowledgement) {
  script_.client().syn().ack().data("ask").server().gap(3).data("swer").at(0, "An.");
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 ask\n#1 < 0 An.swer\n");
}

TEST_F(TcpFlowEventsTest, OnlyAnExactResetCloses) {
  script_.handshake().data("abc").client().raw(1001 + 4, test::kRst).raw(1001 + 2, test::kRst);
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 abc\n");
  EXPECT_EQ(net().stats().resets_ignored.value(), 2U);
  script_.client().rst();
  EXPECT_EQ(play(script_), "");
  EXPECT_EQ(wait(kEnding - std::chrono::seconds(1)), "");
  EXPECT_EQ(wait(std::chrono::seconds(1)), "#1 close reset\n");
}

TEST_F(TcpFlowEventsTest, AResetWhereTheCaptureLostBytesGoesByTheAcknowledgement) {
  script_.handshake().client().gap(7).server().ack().client().rst();
  EXPECT_EQ(play(script_), kOpen);
  net().on_end(script_.time());
  EXPECT_EQ(sink_.take_log(), "#1 > gap 0+7\n#1 close reset\n");
}

TEST_F(TcpFlowEventsTest, ARefusedConnection) {
  script_.client().syn().server().raw(0, test::kRst | test::kAck);
  EXPECT_EQ(play(script_), kOpen);
  script_.client().syn();
  EXPECT_EQ(play(script_), "#1 close reset\n#2 open 10.0.0.1:40000 10.0.0.2:80\n");
}

TEST_F(TcpFlowEventsTest, WhatComesBehindAResetIsOfTheSameFlow) {
  script_.handshake().data("abc").server().rst().client().data("def");
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 abcdef\n");
  EXPECT_EQ(wait(kEnding / 2), "");
  script_.client().data("ghi");
  EXPECT_EQ(play(script_), "#1 > 6 ghi\n");
  EXPECT_EQ(wait(kEnding), "#1 close reset\n") << "the reset was real: these were on their way";
  EXPECT_EQ(net().stats().ends_disowned.value(), 0U);
}

TEST_F(TcpFlowEventsTest, WhoeverSendsOnBehindItsResetDidNotSendIt) {
  script_.handshake().data("abc").client().rst().server().data("in flight").client().data("def");
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 abc\n#1 < 0 in flight\n" + kSigns + "#1 > 3 def\n");
  EXPECT_EQ(net().stats().ends_disowned.value(), 1U);
  EXPECT_EQ(wait(kEnding), "") << "it lives";
}

TEST_F(TcpFlowEventsTest, WhoeverAcknowledgesOnBehindItsResetDidNotSendIt) {
  script_.handshake().data("abc").server().rst().ack().client().data("def");
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 abcdef\n");
  script_.server().ack();
  EXPECT_EQ(play(script_), kSigns);
}

TEST_F(TcpFlowEventsTest, AForgedRefusalChangesNothing) {
  script_.client().syn().server().raw(0, test::kRst | test::kAck).syn_ack().client().data("abc").server().data("d");
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 abc\n" + kSigns + "#1 < 0 d\n");
}

TEST_F(TcpFlowEventsTest, DataLongAfterAResetAreANewFlowWithASign) {
  script_.handshake().data("abc").server().rst();
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 abc\n");
  EXPECT_EQ(wait(kEnding), "#1 close reset\n");
  script_.client().data("def");
  EXPECT_EQ(play(script_),
            "#2 open 10.0.0.1:40000 10.0.0.2:80 midstream\n#2 > sign tcp_overlap\n#2 < sign tcp_overlap\n#2 > 0 def\n");
  EXPECT_EQ(net().stats().flows_resumed.value(), 1U);
}

TEST_F(TcpFlowEventsTest, AFinCountsOnceTheReceiverTookIt) {
  script_.handshake().data("abc").fin();
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 abc\n");
  EXPECT_EQ(wait(kEnding), "") << "the server lives and says nothing";
  script_.server().ack().client().data("def");
  EXPECT_EQ(play(script_), "#1 > fin\n");
  EXPECT_EQ(net().stats().after_fin_bytes.value(), 3U);
}

TEST_F(TcpFlowEventsTest, InlineAFinCountsAtOnce) {
  config_.lossless = true;
  script_.handshake().data("abc").fin();
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 abc\n#1 > fin\n");
}

TEST_F(TcpFlowEventsTest, AForgedFinChangesNothing) {
  script_.handshake().data("abc").fin().client().overlap(1, "def").gap(2);
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 abc\n");
  script_.server().ack().client().data("ghi");
  EXPECT_EQ(play(script_), "#1 > sign tcp_overlap\n#1 > 3 defghi\n");
}

TEST_F(TcpFlowEventsTest, ForgedFinsOfBothSidesChangeNothing) {
  script_.handshake().data("abc").fin().server().at(0, {}, test::kFin).client().overlap(1, "def").gap(2);
  script_.server().data("ok").client().ack();
  EXPECT_EQ(play(script_), std::string(kOpen) +
                               "#1 > 0 abc\n#1 > sign tcp_overlap\n#1 > 3 def\n"
                               "#1 < sign tcp_overlap\n#1 < 0 ok\n");
  EXPECT_NE(wait(kEnding), "#1 close finished\n");
}

TEST_F(TcpFlowEventsTest, FinsThatNobodyAcknowledgedEndTheFlowInAWhile) {
  script_.handshake().data("abc").at(3, {}, test::kFin | test::kAck).server().fin();
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 abc\n");
  EXPECT_EQ(wait(kEnding), "#1 > fin\n#1 < fin\n#1 close finished\n");
}

TEST_F(TcpFlowEventsTest, MoreThanABelievedFinIsAcknowledged) {
  script_.handshake().data("abc").fin().server().ack().client().gap(5).server().ack().client().data("ghi");
  EXPECT_EQ(play(script_), std::string(kOpen) +
                               "#1 > 0 abc\n#1 > fin\n#1 close reset\n"
                               "#2 open 10.0.0.1:40000 10.0.0.2:80 midstream\n"
                               "#2 > sign tcp_overlap\n#2 < sign tcp_overlap\n");
  net().on_end(script_.time());
  EXPECT_EQ(sink_.take_log(), "#2 > gap 0+6\n#2 > 6 ghi\n#2 close shutdown\n");
}

TEST_F(TcpFlowEventsTest, APortUsedAgainIsANewFlow) {
  script_.handshake().data("one").fin().server().fin().client().ack();
  TcpScript second;
  second.isn(90000, 95000).handshake().data("two");
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 one\n#1 > fin\n#1 < fin\n#1 close finished\n");
  EXPECT_EQ(play(second), "#2 open 10.0.0.1:40000 10.0.0.2:80\n#2 > 0 two\n");
}

TEST_F(TcpFlowEventsTest, ASynOnALiveFlowCountsOnceItIsAnswered) {
  script_.handshake().data("one");
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 one\n");
  TcpScript second;
  second.isn(90000, 95000).client().syn();
  EXPECT_EQ(play(second), "");
  EXPECT_EQ(net().stats().syns_ignored.value(), 1U);
  script_.client().data(" more");
  EXPECT_EQ(play(script_), "#1 > 3  more\n") << "a forged SYN must not blind us";
  second.server().syn_ack().client().data("two");
  EXPECT_EQ(play(second), "#1 close reset\n#2 open 10.0.0.1:40000 10.0.0.2:80\n#2 > 0 two\n");
}

TEST_F(TcpFlowEventsTest, BothEndsMayOpenAtOnce) {
  script_.client().syn().server().syn().client().syn_ack().server().syn_ack().client().data("abc").server().data("def");
  EXPECT_EQ(play(script_), std::string(kOpen) + "#1 > 0 abc\n#1 < 0 def\n");
}

TEST_F(TcpFlowEventsTest, ABlockedFlowStaysNamed) {
  script_.handshake().data("abc");
  play(script_);
  const FlowId flow = sink_.last();
  net().close(flow, CloseReason::kBlocked, {});
  net().close(flow, CloseReason::kBlocked, {});
  EXPECT_EQ(sink_.take_log(), "#1 close blocked\n");
  for (int i = 0; i < 10; ++i) {
    script_.wait(std::chrono::minutes(5)).client().overlap(3, "abc");
    net().on_tick(script_.time());
    EXPECT_EQ(net().on_packet(TcpScript::raw_packet(script_.packets().back())).flow, flow);
  }
  TcpScript second;
  second.wait(std::chrono::hours(1)).isn(90000, 95000).client().syn();
  EXPECT_EQ(play(second), "#2 open 10.0.0.1:40000 10.0.0.2:80\n") << "the peer tries again";
}

}  // namespace
}  // namespace sallyport
