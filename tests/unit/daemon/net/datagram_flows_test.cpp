#include "daemon/net/datagram_flows.h"

#include <gtest/gtest.h>

#include "daemon/net/tcp_reassembler.h"
#include "tests/support/recording_stream_sink.h"
#include "tests/support/tunnels.h"

namespace sallyport {
namespace {

using test::words_before;

class DatagramFlowsTest : public testing::Test {
 protected:
  TcpReassembler& net() {
    if (!net_) net_.emplace(sink_, config_);
    return *net_;
  }
  PacketPlace give(Bytes payload, std::uint16_t port, std::uint16_t source = 50000, bool back = false) {
    const ByteBuffer frame =
        test::outer(17, back ? test::udp(source, payload, port) : test::udp(port, payload, source), back);
    return net().on_packet(
        {frame, static_cast<std::uint32_t>(frame.size()), LinkType::kEthernet, ChecksumState::kFilledIn, time_});
  }
  ByteBuffer initial(std::string_view rest) { return words_before({0xc000, 0, 0x0108}, as_byte_span(rest)); }

  test::RecordingStreamSink sink_;
  ReassemblyConfig config_;
  std::optional<TcpReassembler> net_;
  Timestamp time_{std::chrono::hours(1)};
};

TEST_F(DatagramFlowsTest, BothDirectionsAreOneFlowUntilItIsSilent) {
  const PacketPlace place = give(initial("hello"), 8443);
  EXPECT_TRUE(place.carries_stream);
  EXPECT_EQ(give(as_byte_span("reply"), 8443, 50000, true).flow, place.flow) << "of no name, but of this flow";
  ASSERT_NE(net().find(place.flow), nullptr);
  EXPECT_EQ(net().find(place.flow)->transport, Transport::kQuic);
  EXPECT_EQ(net().find(place.flow)->server.port, 8443);
  EXPECT_FALSE(net().position(place.flow));
  net().on_tick(time_ + config_.datagram_timeout);
  EXPECT_EQ(sink_.server_bytes(), "reply");
  EXPECT_EQ(sink_.client_bytes().size(), 11U);
  EXPECT_NE(sink_.log().find("close idle_timeout"), std::string::npos);
  EXPECT_EQ(net().stats().of(OpaqueTraffic::kQuic).packets.value(), 2U);
  EXPECT_EQ(net().find(place.flow), nullptr);
}

TEST_F(DatagramFlowsTest, TheServerMayBeSeenFirst) {
  const PacketPlace place = give(words_before({0x4001}, as_byte_span(std::string(24, 'x'))), 443, 50000, true);
  EXPECT_EQ(place.direction, Direction::kServerToClient);
  EXPECT_EQ(net().find(place.flow)->server.port, 443);
}

TEST_F(DatagramFlowsTest, PlainUdpIsNoFlow) {
  EXPECT_FALSE(give(as_byte_span("name?"), 53).flow);
  give(initial("hello"), 443);
  EXPECT_FALSE(give(as_byte_span("name?"), 53).flow);
  EXPECT_EQ(sink_.opened(), 1U);
}

TEST_F(DatagramFlowsTest, ABlockedFlowStaysNamed) {
  sink_.then = [this](FlowId flow, std::string_view call) {
    if (call == "bytes") net().close(flow, CloseReason::kBlocked, time_);
  };
  const PacketPlace place = give(initial("hello"), 443);
  EXPECT_NE(sink_.log().find("close blocked"), std::string::npos);
  net().on_tick(time_ + config_.datagram_timeout);
  EXPECT_EQ(give(initial("again"), 443).flow, place.flow);
  EXPECT_EQ(sink_.opened(), 1U);
  net().on_tick(time_ + config_.blocked_timeout);
  EXPECT_EQ(net().find(place.flow), nullptr);
}

TEST_F(DatagramFlowsTest, ClosingFromOutsideAndUnwantedFlows) {
  const PacketPlace place = give(initial("hello"), 443);
  net().close(place.flow, CloseReason::kBlocked, time_);
  net().close(place.flow, CloseReason::kBlocked, time_);
  EXPECT_EQ(sink_.still_open(), 0U);
  sink_.interest = Interest::kNone;
  EXPECT_TRUE(give(initial("hello"), 443, 50001).flow);
  EXPECT_TRUE(give(initial("hello"), 443, 50001).flow);
  net().on_end(time_);
}

TEST_F(DatagramFlowsTest, FlowsAreBounded) {
  config_.datagram_flows_max = 3;
  for (std::uint16_t source = 1; source < 10; ++source) give(initial("hello"), 443, source);
  EXPECT_EQ(sink_.still_open(), 3U);
  net().on_end(time_);
  EXPECT_EQ(sink_.still_open(), 0U);
}

}  // namespace
}  // namespace sallyport
