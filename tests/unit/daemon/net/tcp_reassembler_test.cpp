#include "daemon/net/tcp_reassembler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/support/recording_stream_sink.h"
#include "tests/support/tcp_script.h"

namespace sallyport {
namespace {

using test::TcpScript;

class TcpReassemblerTest : public testing::Test {
 protected:
  TcpReassembler& net() {
    if (!net_) net_.emplace(sink_, config_);
    return *net_;
  }
  test::RecordingStreamSink sink_;
  ReassemblyConfig config_;
  std::optional<TcpReassembler> net_;
};

TEST_F(TcpReassemblerTest, AConversationFromSynToFin) {
  TcpScript script;
  script.handshake()
      .data("GET")
      .data(" /")
      .server()
      .data("200")
      .client()
      .fin()
      .server()
      .data(" OK")
      .fin()
      .client()
      .ack();
  script.play(net());
  EXPECT_EQ(sink_.log(),
            "#1 open 10.0.0.1:40000 10.0.0.2:80\n#1 > 0 GET /\n#1 < 0 200\n#1 > fin\n#1 < 3  OK\n#1 < fin\n"
            "#1 close finished\n");
  EXPECT_EQ(net().stats().flows_active.value(), 0U);
  EXPECT_EQ(net().stats().after_close_packets.value(), 0U);
}

TEST_F(TcpReassemblerTest, Ipv6AndWrappingNumbers) {
  TcpScript script("2001:db8::1", "2001:db8::2");
  script.isn(0xfffffffd, 0xffffffff).handshake().data("abcdef").data("gh").server().data("xyz").fin();
  script.client().fin().server().ack().play(net());
  EXPECT_EQ(sink_.client_bytes(), "abcdefgh");
  EXPECT_EQ(sink_.server_bytes(), "xyz");
  EXPECT_EQ(sink_.still_open(), 0U);
}

TEST_F(TcpReassemblerTest, AnyOrderOfPacketsAfterTheHandshakeGivesTheSameStreams) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    test::RecordingStreamSink sink;
    TcpReassembler net(sink, config_);
    TcpScript script;
    script.isn(0xffffff00, 7).handshake().play(net);
    for (int i = 0; i < 20; ++i)
      script.client().data("client" + std::to_string(i)).server().data("server" + std::to_string(i));
    script.client().fin().server().fin();
    std::shuffle(script.packets().begin(), script.packets().end(), std::mt19937(seed));
    script.play(net);
    script.client().ack().server().ack().play(net);
    std::string client, server;
    for (int i = 0; i < 20; ++i) client += "client" + std::to_string(i), server += "server" + std::to_string(i);
    ASSERT_EQ(sink.client_bytes(), client) << seed;
    ASSERT_EQ(sink.server_bytes(), server) << seed;
    ASSERT_EQ(sink.still_open(), 0U) << seed;
    ASSERT_EQ(net.stats().conflicts.value() + net.stats().gap_bytes.value(), 0U);
  }
}

TEST_F(TcpReassemblerTest, PacketsNameTheirPlace) {
  TcpScript script;
  script.handshake().data("a").server().ack();
  std::vector<PacketPlace> places;
  for (const auto& packet : script.packets()) places.push_back(net().on_packet(TcpScript::raw_packet(packet)));
  for (const PacketPlace& place : places) EXPECT_EQ(place.flow, sink_.last());
  EXPECT_TRUE(places[0].carries_stream);
  EXPECT_FALSE(places[2].carries_stream);
  EXPECT_TRUE(places[3].carries_stream);
  EXPECT_EQ(places[3].direction, Direction::kClientToServer);
  EXPECT_EQ(places[4].direction, Direction::kServerToClient);
  const ByteBuffer noise(60, std::byte{0});
  EXPECT_FALSE(net().on_packet({noise, 60, LinkType::kEthernet, ChecksumState::kChecked, {}}).flow);
}

TEST_F(TcpReassemblerTest, PositionIsAsOfThePacketsArrival) {
  TcpScript script;
  script.handshake().data("abc").play(net());
  std::optional<TcpPosition> during;
  sink_.then = [&](FlowId flow, std::string_view call) {
    if (call == "bytes") during = net().position(flow);
  };
  script.client().data("defg").play(net());
  ASSERT_TRUE(during);
  EXPECT_EQ(during->next_sequence[0], 1001U + 3);
  EXPECT_EQ(during->next_sequence[1], 5001U);
  EXPECT_TRUE(during->known[0] && during->known[1]);
  EXPECT_EQ(net().position(sink_.last())->next_sequence[0], 1001U + 7);
  EXPECT_FALSE(net().position(FlowId{12345}));
}

TEST_F(TcpReassemblerTest, ClosingFromWithinACallComesAfterIt) {
  sink_.then = [&](FlowId flow, std::string_view call) {
    if (call == "bytes") net().close(flow, CloseReason::kBlocked, {});
  };
  TcpScript script;
  script.handshake().client().gap(2).data("cd").at(0, "ab").data("ef").play(net());
  EXPECT_EQ(sink_.log(), "#1 open 10.0.0.1:40000 10.0.0.2:80\n#1 > 0 ab\n#1 close blocked\n");
  script.client().data("again");
  EXPECT_EQ(net().on_packet(TcpScript::raw_packet(script.packets()[0])).flow, sink_.last());
  EXPECT_EQ(net().stats().buffered_bytes.value(), 0U);
}

TEST_F(TcpReassemblerTest, AFlowNobodyWantsCostsNoMoreCalls) {
  sink_.interest = Interest::kNone;
  TcpScript script;
  script.handshake().data("abc").server().data("def").fin().client().fin();
  for (const auto& packet : script.packets()) {
    const PacketPlace place = net().on_packet(TcpScript::raw_packet(packet));
    EXPECT_EQ(place.flow, sink_.last());
  }
  EXPECT_EQ(sink_.log(), "#1 open 10.0.0.1:40000 10.0.0.2:80\n");
  net().on_end(script.time());
  EXPECT_EQ(net().stats().flows_active.value(), 0U);
}

TEST_F(TcpReassemblerTest, AcknowledgedHolesAreLostOnceEnoughWaits) {
  config_.reorder_bytes = 1000;
  TcpScript script;
  script.handshake().client().gap(10).data(std::string(300, 'x')).server().ack().play(net());
  EXPECT_EQ(sink_.client_bytes(), "");
  for (int i = 0; i < 3; ++i) script.client().data(std::string(300, 'x'));
  script.play(net());
  EXPECT_EQ(sink_.client_bytes(), std::string(10, '.') + std::string(1200, 'x'));
}

TEST_F(TcpReassemblerTest, HolesNobodyAcknowledgedWaitForTheBudget) {
  config_.reorder_bytes = 1000;
  config_.held_bytes_max = 5000;
  TcpScript script;
  script.handshake().client().gap(10);
  for (int i = 0; i < 10; ++i) script.data(std::string(300, 'x'));
  script.play(net());
  EXPECT_EQ(sink_.client_bytes(), "");
  for (int i = 0; i < 10; ++i) script.data(std::string(300, 'x'));
  script.play(net());
  EXPECT_EQ(sink_.client_bytes(), std::string(10, '.') + std::string(6000, 'x'));
  EXPECT_EQ(net().stats().budget_evictions.value(), 1U);
}

TEST_F(TcpReassemblerTest, InlineKeepsWaitingForAnAcknowledgedHole) {
  config_.reorder_bytes = 1000;
  config_.lossless = true;
  TcpScript script;
  script.handshake().client().gap(10);
  for (int i = 0; i < 10; ++i) script.client().data(std::string(300, 'x')).server().ack();
  script.play(net());
  net().on_tick(script.time() + std::chrono::minutes(1));
  EXPECT_EQ(sink_.client_bytes(), "");
  script.client().at(0, "0123456789").play(net());
  EXPECT_EQ(sink_.client_bytes(), "0123456789" + std::string(3000, 'x'));
}

/// Inline: whether the packets of `script` contradict, one letter each.
class TcpRefusalTest : public TcpReassemblerTest {
 protected:
  TcpRefusalTest() { config_.lossless = config_.can_drop = true; }
  std::string contradict(TcpScript& script) {
    std::string answers;
    for (const TcpScript::Packet& packet : std::exchange(script.packets(), {})) {
      answers += net().on_packet(TcpScript::raw_packet(packet)).contradicts ? 'x' : '.';
    }
    return answers;
  }
  TcpScript script_;
};

TEST_F(TcpRefusalTest, ASegmentThatContradictsIsRefusedAndTold) {
  script_.handshake().data("abcdef").overlap(3, "def").overlap(3, "XYZghi").data("ghi");
  EXPECT_EQ(contradict(script_), ".....x.");
  EXPECT_EQ(sink_.log(), "#1 open 10.0.0.1:40000 10.0.0.2:80\n#1 > 0 abcdef\n#1 > conflict 3 XYZ\n#1 > 6 ghi\n");
  EXPECT_EQ(net().stats().segments_refused.value(), 1U);
}

TEST_F(TcpRefusalTest, ARefusedEndIsNotBelieved) {
  script_.handshake().data("abc").at(0, "XYZ", test::kAck | test::kFin).data("def");
  EXPECT_EQ(contradict(script_), "....x.");
  EXPECT_EQ(sink_.client_bytes(), "abcdef");
}

TEST_F(TcpRefusalTest, WhoCannotDropRefusesNothing) {
  config_.can_drop = false;
  script_.handshake().data("abc").overlap(3, "XYZdef");
  EXPECT_EQ(contradict(script_), ".....");
  EXPECT_EQ(sink_.client_bytes(), "abcdef");
  EXPECT_EQ(net().stats().segments_refused.value(), 0U);
}

TEST_F(TcpRefusalTest, WhatIsNotAcknowledgedIsComparedBehindBothEnds) {
  script_.handshake().server().fin().client().data("abc").fin();
  EXPECT_EQ(contradict(script_), "......");
  EXPECT_EQ(sink_.still_open(), 0U);
  script_.client().at(0, "abc").at(0, "aXc").server().at(0, "late");
  EXPECT_EQ(contradict(script_), ".x.");
  EXPECT_GT(net().stats().buffered_bytes.value(), 0U);
  net().on_tick(script_.time() + config_.closed_timeout);
  EXPECT_EQ(net().stats().buffered_bytes.value(), 0U);
}

TEST_F(TcpRefusalTest, ARefusedFragmentIsToldOnceItsDatagramIsWhole) {
  const IpAddress from = *IpAddress::parse("10.0.0.1"), to = *IpAddress::parse("10.0.0.2");
  script_.handshake();
  EXPECT_EQ(contradict(script_), "...");
  const ByteBuffer tcp =
      test::tcp_bytes({{from, 40000}, {to, 80}, 1001, 5001, test::kAck, 512, {}, "0123456789abcdef"});
  const auto contradicts = [&](Bytes part, std::uint16_t place) {
    const ByteBuffer ip = test::ip_packet(from, to, part, 6, 7, place);
    return net().on_packet({ip, 0, LinkType::kRawIp, ChecksumState::kChecked, script_.time()}).contradicts;
  };
  EXPECT_FALSE(contradicts(Bytes(tcp).first(24), 0x2000));
  EXPECT_FALSE(contradicts(Bytes(tcp).subspan(24, 8), 0x2003));
  EXPECT_TRUE(contradicts(as_byte_span("OTHER456"), 0x2003));
  EXPECT_FALSE(contradicts(Bytes(tcp).subspan(32), 4));
  EXPECT_EQ(sink_.log(),
            "#1 open 10.0.0.1:40000 10.0.0.2:80\n#1 > 0 0123456789abcdef\n#1 > conflict 0 0123OTHER456cdef\n");
  EXPECT_EQ(net().stats().fragments_refused.value(), 1U);
}

TEST_F(TcpRefusalTest, NoByteEverPassesWithTwoContents) {
  constexpr std::size_t kSize = 400;
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    test::RecordingStreamSink sink;
    TcpReassembler net(sink, config_);
    TcpScript script;
    script.handshake().play(net);
    std::string passed(kSize, '\0');
    for (int i = 0; i < 200; ++i) {
      const std::size_t at = random() % kSize, size = std::min<std::size_t>(2 + random() % 40, kSize - at);
      const std::string text(size, random() % 4 == 0 ? 'B' : 'A');
      script.client().at(at, text);
      for (const TcpScript::Packet& packet : std::exchange(script.packets(), {})) {
        const PacketPlace place = net.on_packet(TcpScript::raw_packet(packet));
        if (place.contradicts) continue;
        for (std::size_t k = at; k < at + size; ++k) {
          ASSERT_TRUE(passed[k] == '\0' || passed[k] == text[0]) << "seed " << seed << " byte " << k;
          passed[k] = text[0];
        }
      }
    }
    net.on_end(script.time());
    const std::string& told = sink.client_bytes();
    for (std::size_t k = 0; k < told.size(); ++k) {
      ASSERT_TRUE(told[k] == '.' || told[k] == passed[k]) << "seed " << seed << " byte " << k;
    }
  }
}

TEST_F(TcpReassemblerTest, DataWithFarFewerHopsLeftThanBeforeAreCounted) {
  const auto play = [this](TcpScript& script, std::size_t place, unsigned hops) {
    for (TcpScript::Packet& packet : script.packets()) packet.frame[place] = static_cast<std::byte>(hops);
    script.play(net());
    return net().stats().low_hop_segments.value();
  };
  TcpScript script;
  constexpr std::size_t kPlace = 14 + 8;
  EXPECT_EQ(play(script.handshake(), kPlace, 250), 0U);
  EXPECT_EQ(play(script.client().data("a"), kPlace, 32), 0U) << "enough to arrive";
  EXPECT_EQ(play(script.client().data("b"), kPlace, 31), 1U);
  EXPECT_EQ(play(script.client().ack(), kPlace, 3), 1U) << "without data it may be of somebody else";
  EXPECT_EQ(play(script.server().data("c"), kPlace, 0), 2U);

  TcpScript old_host("2001:db8::1", "2001:db8::2");
  constexpr std::size_t kPlaceV6 = 14 + 7;
  EXPECT_EQ(play(old_host.handshake().data("a"), kPlaceV6, 30), 2U);
  EXPECT_EQ(play(old_host.client().data("b"), kPlaceV6, 26), 2U) << "a route has changed";
  EXPECT_EQ(play(old_host.client().data("c").data("d").data("e").data("f"), kPlaceV6, 24), 4U) << "for good";
}

TEST_F(TcpReassemblerTest, WhatIsBeyondTheWindowIsIgnored) {
  TcpScript script;
  script.handshake().server().window(1000).ack().client().at(900'000, "far").at(50'000, "near").play(net());
  EXPECT_EQ(net().stats().out_of_window_segments.value(), 1U);
  EXPECT_EQ(net().stats().out_of_order_segments.value(), 1U);
}

TEST_F(TcpReassemblerTest, DoubledPacketsOfAMirrorChangeNothing) {
  TcpScript once;
  once.handshake().data("abc").server().data("def").fin().client().fin().server().ack();
  TcpScript twice = once;
  twice.packets().clear();
  for (const auto& packet : once.packets()) twice.packets().insert(twice.packets().end(), {packet, packet});
  twice.play(net());
  EXPECT_EQ(sink_.log(),
            "#1 open 10.0.0.1:40000 10.0.0.2:80\n#1 > 0 abc\n#1 < 0 def\n#1 < fin\n#1 > fin\n#1 close finished\n");
  EXPECT_EQ(net().stats().conflicts.value(), 0U);
}

TEST_F(TcpReassemblerTest, AWrongChecksumCountsWhereItsSenderHasShownRightOnes) {
  const auto play = [this](TcpScript& script, std::size_t damaged_from_end) {
    for (TcpScript::Packet& packet : std::exchange(script.packets(), {})) {
      if (damaged_from_end > 0) packet.frame[packet.frame.size() - damaged_from_end] ^= std::byte{1};
      RawPacket raw = TcpScript::raw_packet(packet);
      raw.checksums = ChecksumState::kOffloaded;
      net().on_packet(raw);
    }
  };
  TcpScript script;
  play(script.handshake().data("abc"), 0);
  play(script.client().at(3, "DECOY").at(0, "XYZ"), 1);
  play(script.client().rst(), 4);
  play(script.client().rst(), 32);  // in the header of IP
  play(script.client().data("def"), 0);
  net().on_end({});
  EXPECT_EQ(sink_.client_bytes(), "abcdef");
  EXPECT_EQ(sink_.stream(sink_.last(), Direction::kClientToServer).conflicts, 0U);
  EXPECT_EQ(net().stats().bad_checksums.value(), 4U);
  EXPECT_EQ(net().stats().ends_disowned.value(), 0U);

  TcpScript offloaded("10.0.0.9");
  play(offloaded.handshake().data("left to").data(" the card"), 1);
  net().on_end({});
  EXPECT_EQ(sink_.client_bytes().size(), 16U) << "every packet of this sender is wrong";
}

TEST_F(TcpReassemblerTest, FragmentsAndOtherProtocols) {
  const IpAddress from = *IpAddress::parse("10.0.0.1"), to = *IpAddress::parse("10.0.0.2");
  const ByteBuffer tcp = test::tcp_bytes({{from, 40000}, {to, 80}, 1, 0, test::kSyn, 512, {}, "data in SYN"});
  const auto send = [&](const ByteBuffer& ip) {
    return net().on_packet({ip, 0, LinkType::kRawIp, ChecksumState::kFilledIn, {}});
  };
  EXPECT_FALSE(send(test::ip_packet(from, to, Bytes(tcp).first(24), 6, 7, 0x2000)).flow);
  EXPECT_TRUE(send(test::ip_packet(from, to, Bytes(tcp).subspan(24), 6, 7, 3)).flow);
  EXPECT_EQ(sink_.client_bytes(), "data in SYN");
  send(test::ip_packet(from, to, Bytes(tcp), 17));
  send(test::ip_packet(from, to, Bytes(tcp), 1));
  send(test::ip_packet(from, to, Bytes(tcp), 253));
  EXPECT_EQ(net().stats().of(OpaqueTraffic::kUdp).bytes.value(), tcp.size());
  EXPECT_EQ(net().stats().of(OpaqueTraffic::kIcmp).packets.value(), 1U);
  EXPECT_EQ(net().stats().of(OpaqueTraffic::kOther).packets.value(), 1U);
}

}  // namespace
}  // namespace sallyport
