#include "daemon/net/decode.h"

#include <gtest/gtest.h>

#include "tests/support/tcp_script.h"

namespace sallyport {
namespace {

using test::put16;
using test::put32;

const IpAddress kFrom4 = *IpAddress::parse("192.0.2.1");
const IpAddress kTo4 = *IpAddress::parse("192.0.2.2");
const IpAddress kFrom6 = *IpAddress::parse("2001:db8::1");
const IpAddress kTo6 = *IpAddress::parse("2001:db8::2");

ByteBuffer tcp(std::string_view payload, bool v6 = false) {
  return test::tcp_bytes({{v6 ? kFrom6 : kFrom4, 40000}, {v6 ? kTo6 : kTo4, 80}, 7, 9, test::kAck, 512, {}, payload});
}

struct Decoded {
  DropReason reason = DropReason::kNone;
  IpPacket ip;
  TcpSegment tcp;
  std::string payload;  ///< a copy: the frame may be a temporary
};

Decoded decode(Bytes frame, LinkType link = LinkType::kEthernet, std::uint32_t original_size = 0, bool trusted = true) {
  Decoded decoded;
  NetworkPacket network;
  decoded.reason = strip_link({frame, original_size, link, {}, {}}, network);
  if (decoded.reason == DropReason::kNone) decoded.reason = decode_ip(network, !trusted, decoded.ip);
  if (decoded.reason == DropReason::kNone) decoded.reason = decode_tcp(decoded.ip, !trusted, decoded.tcp);
  if (decoded.reason == DropReason::kNone) decoded.payload = as_text(decoded.tcp.payload);
  return decoded;
}

ByteBuffer behind(std::initializer_list<std::uint16_t> words, Bytes rest) {
  ByteBuffer frame;
  for (const std::uint16_t word : words) put16(frame, word);
  append(frame, rest);
  return frame;
}

TEST(DecodeTest, EachLinkTypeLeadsToTheSameSegment) {
  const ByteBuffer ip = test::ip_packet(kFrom4, kTo4, tcp("abc"));
  const std::pair<LinkType, ByteBuffer> frames[] = {
      {LinkType::kRawIp, ip},
      {LinkType::kEthernet, test::ethernet_frame(ip)},
      {LinkType::kEthernet, behind({1, 2, 3, 4, 5, 6, 0x8100, 7, 0x0800}, ip)},
      {LinkType::kEthernet, behind({1, 2, 3, 4, 5, 6, 0x88a8, 7, 0x8100, 8, 0x0800}, ip)},
      {LinkType::kLinuxSll, behind({0, 1, 6, 0, 0, 0, 0, 0x0800}, ip)},
      {LinkType::kLinuxSll2, behind({0x0800, 0, 0, 1, 1, 0x0006, 0, 0, 0, 0}, ip)},
      {LinkType::kNull, behind({0x0200, 0}, ip)},
      {LinkType::kNull, behind({0, 2}, ip)},
  };
  for (const auto& [link, frame] : frames) {
    const Decoded decoded = decode(frame, link);
    ASSERT_EQ(decoded.reason, DropReason::kNone) << static_cast<int>(link);
    EXPECT_EQ(decoded.payload, "abc");
    EXPECT_EQ(decoded.tcp.source.to_string(), "192.0.2.1:40000");
    EXPECT_EQ(decoded.tcp.destination.to_string(), "192.0.2.2:80");
    EXPECT_EQ(decoded.tcp.sequence, 7U);
    EXPECT_EQ(decoded.tcp.acknowledgement, 9U);
    EXPECT_EQ(decoded.tcp.window, 512);
  }
}

TEST(DecodeTest, TagsWithoutEndAreTooDeepAndOtherTypesAreNotIp) {
  ByteBuffer frame(12, std::byte{1});
  for (int i = 0; i < 20; ++i) put32(frame, 0x81000001);
  EXPECT_EQ(decode(frame).reason, DropReason::kTooDeep);
  EXPECT_EQ(decode(behind({1, 2, 3, 4, 5, 6, 0x0806}, {})).reason, DropReason::kNotIp);
  EXPECT_EQ(decode(behind({1, 2, 3, 4, 5, 6, 0x8100}, {})).reason, DropReason::kTruncated);
  EXPECT_EQ(decode(behind({0x1111, 0}, {}), LinkType::kNull).reason, DropReason::kNotIp);
  EXPECT_EQ(decode(behind({0x5000}, {}), LinkType::kRawIp).reason, DropReason::kNotIp);
}

TEST(DecodeTest, EthernetPaddingIsNoPayload) {
  ByteBuffer frame = test::ethernet_frame(test::ip_packet(kFrom4, kTo4, tcp("a")));
  frame.resize(frame.size() + 20);
  EXPECT_EQ(decode(frame).payload, "a");
}

TEST(DecodeTest, ATotalLengthOfZeroMeansTheWholeCapture) {
  ByteBuffer ip = test::ip_packet(kFrom4, kTo4, tcp("offloaded"));
  test::set16(ip, 2, 0);
  EXPECT_EQ(decode(ip, LinkType::kRawIp).payload, "offloaded");
  ByteBuffer ip6 = test::ip_packet(kFrom6, kTo6, tcp("offloaded", true));
  test::set16(ip6, 4, 0);
  EXPECT_EQ(decode(ip6, LinkType::kRawIp).payload, "offloaded");
}

TEST(DecodeTest, ACaptureCutShortTellsWhatIsMissing) {
  const ByteBuffer ip = test::ip_packet(kFrom4, kTo4, tcp("0123456789"));
  const auto size = static_cast<std::uint32_t>(ip.size());
  const Decoded decoded = decode(Bytes(ip).first(ip.size() - 4), LinkType::kRawIp, size, false);
  EXPECT_EQ(decoded.payload, "012345");
  EXPECT_EQ(decoded.tcp.missing, 4U);
  EXPECT_EQ(decode(Bytes(ip).first(30), LinkType::kRawIp, size).reason, DropReason::kTruncated);
  EXPECT_EQ(decode(Bytes(ip).first(ip.size() - 4), LinkType::kRawIp).reason, DropReason::kMalformed);
}

TEST(DecodeTest, OptionsOfBothHeadersAreSteppedOver) {
  ByteBuffer options;
  put32(options, 0x01030307);
  const ByteBuffer segment = test::tcp_bytes({{kFrom4, 1}, {kTo4, 2}, 7, 9, test::kSyn, 512, options, "x"});
  ByteBuffer ip = test::ip_packet(kFrom4, kTo4, segment);
  ip.insert(ip.begin() + 20, 4, std::byte{1});
  ip[0] = std::byte{0x46};
  test::set16(ip, 2, static_cast<std::uint16_t>(ip.size()));
  const Decoded decoded = decode(ip, LinkType::kRawIp);
  EXPECT_EQ(decoded.payload, "x");
  EXPECT_EQ(decoded.tcp.window_shift, 7);
}

TEST(DecodeTest, Ipv6ExtensionHeadersAreSteppedOverHoweverMany) {
  const ByteBuffer segment = tcp("six", true);
  ByteBuffer chain{std::byte{60}, std::byte{0}};
  chain.resize(8);
  chain.push_back(std::byte{6});
  chain.push_back(std::byte{1});
  chain.resize(24);
  append(chain, segment);
  EXPECT_EQ(decode(test::ip_packet(kFrom6, kTo6, chain, 0), LinkType::kRawIp).payload, "six");

  ByteBuffer many;
  for (int i = 0; i < 8000; ++i) {
    put16(many, 60U << 8);
    many.resize(many.size() + 6);
  }
  EXPECT_EQ(decode(test::ip_packet(kFrom6, kTo6, many, 60), LinkType::kRawIp).reason, DropReason::kMalformed);
  many[many.size() - 8] = std::byte{6};
  append(many, segment);
  EXPECT_EQ(decode(test::ip_packet(kFrom6, kTo6, many, 60), LinkType::kRawIp).payload, "six");
}

TEST(DecodeTest, AnAtomicFragmentIsAWholeDatagram) {
  ByteBuffer fragment{std::byte{6}, std::byte{0}, std::byte{0}, std::byte{0}};
  put32(fragment, 99);
  append(fragment, tcp("atom", true));
  const Decoded decoded = decode(test::ip_packet(kFrom6, kTo6, fragment, 44), LinkType::kRawIp);
  EXPECT_FALSE(decoded.ip.is_fragment);
  EXPECT_EQ(decoded.payload, "atom");
}

TEST(DecodeTest, ChecksumsAreLookedAtOnlyWhereTheyMeanSomething) {
  for (const bool v6 : {false, true}) {
    ByteBuffer ip = test::ip_packet(v6 ? kFrom6 : kFrom4, v6 ? kTo6 : kTo4, tcp("odd", v6));
    EXPECT_EQ(decode(ip, LinkType::kRawIp, 0, false).reason, DropReason::kNone);
    ip.back() ^= std::byte{1};
    EXPECT_EQ(decode(ip, LinkType::kRawIp, 0, false).reason, DropReason::kBadChecksum);
    EXPECT_EQ(decode(ip, LinkType::kRawIp, 0, true).reason, DropReason::kNone);
  }
  ByteBuffer ip = test::ip_packet(kFrom4, kTo4, tcp("odd"));
  ip[8] ^= std::byte{1};
  EXPECT_EQ(decode(ip, LinkType::kRawIp, 0, false).reason, DropReason::kBadChecksum);
}

TEST(DecodeTest, AChecksumThatIsLeftToACardTellsNothing) {
  for (const bool v6 : {false, true}) {
    ByteBuffer ip = test::ip_packet(v6 ? kFrom6 : kFrom4, v6 ? kTo6 : kTo4, tcp("odd", v6));
    const std::size_t at = (v6 ? 40U : 20U) + 16U;
    EXPECT_EQ(tcp_checksum(decode(ip, LinkType::kRawIp).ip), Checksum::kRight);
    ip.back() ^= std::byte{1};
    EXPECT_EQ(tcp_checksum(decode(ip, LinkType::kRawIp).ip), Checksum::kWrong);
    ByteBuffer pseudo;
    append(pseudo, test::address_bytes(v6 ? kFrom6 : kFrom4));
    append(pseudo, test::address_bytes(v6 ? kTo6 : kTo4));
    put32(pseudo, static_cast<std::uint32_t>(ip.size() + 16 - at));
    put32(pseudo, 6);
    test::set16(ip, at, static_cast<std::uint16_t>(~test::checksum_of(pseudo)));
    EXPECT_EQ(tcp_checksum(decode(ip, LinkType::kRawIp).ip), Checksum::kUnknown);
  }
  ByteBuffer joined = test::ip_packet(kFrom4, kTo4, tcp(std::string(1461, 'x')));
  joined.back() ^= std::byte{1};
  EXPECT_EQ(tcp_checksum(decode(joined, LinkType::kRawIp).ip), Checksum::kUnknown);
}

TEST(DecodeTest, TheSumIsTheSameHoweverItsBytesLie) {
  ByteBuffer bytes;
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(internet_sum(bytes, 0x1234), [&bytes] {
      std::uint64_t sum = 0x1234;
      for (std::size_t at = 0; at < bytes.size(); ++at) {
        sum += std::to_integer<std::uint64_t>(bytes[at]) << (at % 2 == 0 ? 8 : 0);
      }
      while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
      return sum;
    }()) << i;
    bytes.push_back(static_cast<std::byte>(i * 37 + 200));
  }
}

TEST(DecodeTest, LengthsThatContradictAreMalformed) {
  ByteBuffer ip = test::ip_packet(kFrom4, kTo4, tcp("abc"));
  ip[0] = std::byte{0x44};
  EXPECT_EQ(decode(ip, LinkType::kRawIp).reason, DropReason::kMalformed);
  ip[0] = std::byte{0x45};
  ip[20 + 12] = std::byte{0x40};
  EXPECT_EQ(decode(ip, LinkType::kRawIp).reason, DropReason::kMalformed);
  ip[20 + 12] = std::byte{0xf0};
  EXPECT_EQ(decode(ip, LinkType::kRawIp).reason, DropReason::kMalformed);
}

TEST(DecodeTest, APacketToItselfIsMalformed) {
  const ByteBuffer land = test::tcp_bytes({{kFrom4, 80}, {kFrom4, 80}, 7, 9, test::kSyn, 512, {}, {}});
  EXPECT_EQ(decode(test::ip_packet(kFrom4, kFrom4, land), LinkType::kRawIp).reason, DropReason::kMalformed);
}

}  // namespace
}  // namespace sallyport
