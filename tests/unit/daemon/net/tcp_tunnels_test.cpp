#include <gtest/gtest.h>

#include "daemon/base/limits.h"
#include "daemon/net/tcp_reassembler.h"
#include "tests/support/recording_stream_sink.h"
#include "tests/support/tunnels.h"

namespace sallyport {
namespace {

using test::kAck;
using test::TcpScript;
using test::words_before;

class TcpTunnelsTest : public testing::Test {
 protected:
  PacketPlace give(Bytes frame) {
    time_ += std::chrono::milliseconds(1);
    return net_.on_packet(
        {frame, static_cast<std::uint32_t>(frame.size()), LinkType::kEthernet, ChecksumState::kFilledIn, time_});
  }
  template <class Wrap>
  void give_all(TcpScript& script, Wrap wrap) {
    for (const TcpScript::Packet& packet : std::exchange(script.packets(), {})) give(wrap(packet.frame));
  }
  const NetStats& stats() const { return net_.stats(); }
  std::uint64_t opaque(OpaqueTraffic traffic) const { return stats().of(traffic).packets.value(); }

  test::RecordingStreamSink sink_;
  TcpReassembler net_{sink_, ReassemblyConfig()};
  Timestamp time_{std::chrono::hours(1)};
};

TEST_F(TcpTunnelsTest, EveryTunnelGivesTheSameStream) {
  TcpScript sample;
  sample.client().syn();
  const std::size_t kinds = test::all_tunnels(sample.packets()[0].frame).size();
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    std::string name;
    TcpScript script("10.0.0.1", "10.0.0.2", static_cast<std::uint16_t>(2000 + kind));
    script.handshake().client().data("request").server().data("reply").fin().client().ack().fin().server().ack();
    give_all(script, [&](const ByteBuffer& frame) {
      test::NamedFrame wrapped = test::all_tunnels(frame)[kind];
      name = wrapped.name;
      return wrapped.frame;
    });
    EXPECT_EQ(sink_.client_bytes(), "request") << name;
    EXPECT_EQ(sink_.server_bytes(), "reply") << name;
    const Flow* const flow = net_.find(sink_.last());
    ASSERT_NE(flow, nullptr) << name;
    EXPECT_EQ(flow->tunnelled, name.rfind("vlan", 0) != 0 && name != "snap") << name;
  }
  EXPECT_EQ(sink_.opened(), kinds);
  EXPECT_EQ(stats().flows_separated.value(), 0U);
}

TEST_F(TcpTunnelsTest, ATunnelCutShortAnywhereHarmsNothing) {
  TcpScript script;
  script.client().syn("data");
  for (const test::NamedFrame& wrapped : test::all_tunnels(script.packets()[0].frame)) {
    for (std::size_t size = 0; size < wrapped.frame.size(); ++size) {
      net_.on_packet({Bytes(wrapped.frame).first(size), static_cast<std::uint32_t>(wrapped.frame.size()),
                      LinkType::kEthernet, size % 2 == 0 ? ChecksumState::kChecked : ChecksumState::kFilledIn, time_});
    }
  }
  net_.on_end(time_);
  EXPECT_EQ(sink_.still_open(), 0U);
}

TEST_F(TcpTunnelsTest, FragmentsOfTheTunnelAndInsideItAreJoined) {
  TcpScript script;
  script.client().syn("0123456789abcdefghijklmnopqrstuvwxyz");
  const ByteBuffer inner = script.packets()[0].frame;
  const Bytes segment = Bytes(inner).subspan(34);
  const IpAddress from = *IpAddress::parse("10.0.0.1"), to = *IpAddress::parse("10.0.0.2");
  for (const bool last : {true, false}) {
    const std::uint16_t placing = last ? 3 : 0x2000;
    const ByteBuffer piece = test::ip_packet(from, to, last ? segment.subspan(24) : segment.first(24), 6, 5, placing);
    const ByteBuffer gre = words_before({0, 0x0800}, piece);
    for (const bool first : {true, false}) {
      const ByteBuffer half =
          test::ip_packet(test::kTunnelFrom, test::kTunnelTo, first ? Bytes(gre).first(16) : Bytes(gre).subspan(16), 47,
                          last ? 11 : 12, first ? 0x2000 : 2);
      give(test::ethernet_frame(half));
    }
  }
  EXPECT_EQ(sink_.client_bytes(), "0123456789abcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(stats().datagrams_reassembled.value(), 3U);
}

TEST_F(TcpTunnelsTest, FragmentsThatContradictGiveBothReadings) {
  TcpScript script;
  script.client().syn("0123456789abcdef");
  const Bytes segment = Bytes(script.packets()[0].frame).subspan(34);
  ByteBuffer other(segment.begin(), segment.end());
  test::set16(other, 16, 0);
  other[28] = std::byte{'X'};
  const IpAddress from = *IpAddress::parse("10.0.0.1"), to = *IpAddress::parse("10.0.0.2");
  const auto fragment = [&](Bytes bytes, std::uint16_t placing) {
    const ByteBuffer frame = test::ethernet_frame(test::ip_packet(from, to, bytes, 6, 5, placing));
    net_.on_packet(
        {frame, static_cast<std::uint32_t>(frame.size()), LinkType::kEthernet, ChecksumState::kChecked, time_});
  };
  fragment(segment.first(32), 0x2000);
  fragment(Bytes(other).first(32), 0x2000);
  fragment(segment.subspan(32), 4);
  EXPECT_EQ(sink_.client_bytes(), "0123456789abcdef");
  EXPECT_EQ(stats().conflicts.value(), 1U);
}

TEST_F(TcpTunnelsTest, TunnelsBeyondTheDepthAreCounted) {
  TcpScript script;
  script.client().syn();
  ByteBuffer ip(script.packets()[0].frame.begin() + 14, script.packets()[0].frame.end());
  for (unsigned depth = 0; depth <= limits::kTunnelDepthMax; ++depth) {
    ip = test::ip_packet(test::kTunnelFrom, test::kTunnelTo, ip, 4);
  }
  give(test::ethernet_frame(ip));
  EXPECT_EQ(opaque(OpaqueTraffic::kTooDeep), 1U);
  EXPECT_GT(stats().of(OpaqueTraffic::kTooDeep).bytes.value(), 20U);
  give(test::ethernet_frame(Bytes(ip).subspan(20)));
  EXPECT_EQ(sink_.opened(), 1U);
}

TEST_F(TcpTunnelsTest, TwoTenantsWithTheSameEndpointsAreNotMixed) {
  TcpScript one, two;
  one.isn(1000, 5000).handshake().client().data("one");
  two.isn(0x40000000, 0x50000000).handshake().client().data("two");
  const auto in = [this](std::uint32_t network) {
    return [network, client = true](const ByteBuffer& frame) mutable {
      client = frame[14 + 15] == std::byte{1};
      return test::vxlan(frame, network, 4789, !client);
    };
  };
  give_all(one, in(1));
  give_all(two, in(2));
  EXPECT_EQ(sink_.client_bytes(), "two");
  one.server().data("reply to one");
  two.server().data("reply to two");
  give_all(one, in(1));
  give_all(two, in(2));
  one.client().data(", goes on").server().rst();
  give_all(one, in(1));
  two.client().data(", too").server().rst();
  give_all(two, in(2));
  EXPECT_EQ(sink_.opened(), 2U);
  EXPECT_EQ(sink_.client_bytes(), "two, too");
  EXPECT_EQ(sink_.server_bytes(), "reply to two");
  EXPECT_EQ(stats().flows_separated.value(), 1U);
  EXPECT_EQ(stats().conflicts.value(), 0U);
  net_.on_end(time_);
}

TEST_F(TcpTunnelsTest, ATagThatOneDirectionLacksAndARouteThatChangesAreOneFlow) {
  TcpScript script;
  script.handshake().client().data("request").server().data("reply");
  give_all(script, [](const ByteBuffer& frame) {
    if (frame[14 + 15] != std::byte{1}) return frame;
    return test::frame_of(0x8100, words_before({7, 0x0800}, Bytes(frame).subspan(14)));
  });
  script.client().data(", by another road");
  give_all(script, [](const ByteBuffer& frame) { return test::outer(4, Bytes(frame).subspan(14)); });
  script.client().fin();
  give_all(script, [](const ByteBuffer& frame) { return test::outer(4, Bytes(frame).subspan(14)); });
  EXPECT_EQ(sink_.opened(), 1U);
  EXPECT_EQ(sink_.client_bytes(), "request, by another road");
  EXPECT_EQ(sink_.server_bytes(), "reply");
}

TEST_F(TcpTunnelsTest, AResetThatComesAnotherWayIsNotBelieved) {
  TcpScript script;
  script.handshake().client().data("a");
  give_all(script, [](const ByteBuffer& frame) { return frame; });
  script.client().rst();
  give_all(script, [](const ByteBuffer& frame) { return test::vxlan(frame); });
  EXPECT_EQ(stats().resets_ignored.value(), 1U);
  script.client().data("b");
  give_all(script, [](const ByteBuffer& frame) { return frame; });
  EXPECT_EQ(sink_.client_bytes(), "ab");
}

TEST_F(TcpTunnelsTest, WhatNobodyLooksIntoIsCountedByName) {
  const std::string noise(160, 'n');
  const Bytes any = as_byte_span(noise);
  const std::pair<OpaqueTraffic, ByteBuffer> packets[] = {
      {OpaqueTraffic::kUdp, test::outer(17, test::udp(53, any))},
      {OpaqueTraffic::kQuic, test::outer(17, test::udp(4433, words_before({0xc000, 0, 0x0108}, any)))},
      {OpaqueTraffic::kQuic, test::outer(17, test::udp(443, words_before({0x4001}, any)))},
      {OpaqueTraffic::kDtls, test::outer(17, test::udp(999, words_before({0x16fe, 0xfd00}, any)))},
      {OpaqueTraffic::kWireGuard, test::outer(17, test::udp(51820, words_before({0x0400, 0}, any.first(156))))},
      {OpaqueTraffic::kOpenVpn, test::outer(17, test::udp(1194, any))},
      {OpaqueTraffic::kIpsec, test::outer(17, test::udp(4500, any))},
      {OpaqueTraffic::kIpsec, test::outer(50, any)},
      {OpaqueTraffic::kIcmp, test::outer(1, any)},
      {OpaqueTraffic::kSctp, test::outer(132, any)},
      {OpaqueTraffic::kOther, test::outer(253, any)},
      {OpaqueTraffic::kNotIp, test::frame_of(0x0806, any)},
      {OpaqueTraffic::kNotIp, test::vxlan(test::frame_of(0x0806, any))},
      {OpaqueTraffic::kEncrypted, test::frame_of(0x88e5, any)},
      {OpaqueTraffic::kEncrypted, test::outer(47, words_before({0x3001, 0x880b, 9, 3, 0, 1, 0x00fd}, any))},
  };
  for (const auto& [traffic, frame] : packets) {
    const std::uint64_t before = opaque(traffic);
    give(frame);
    EXPECT_EQ(opaque(traffic), before + 1) << to_string(traffic);
  }
  EXPECT_EQ(sink_.opened(), 7U) << "the encrypted ones between two endpoints are flows, with an account";
}

}  // namespace
}  // namespace sallyport
