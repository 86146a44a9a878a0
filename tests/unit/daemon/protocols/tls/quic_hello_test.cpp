#include "daemon/protocols/tls/quic_hello.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/base/limits.h"
#include "daemon/protocols/tls/tls_parser.h"
#include "tests/support/quic_initial.h"
#include "tests/support/recording_transfer_sink.h"

namespace sallyport::tls {
namespace {

using test::crypto_frame;
using test::quic_initial;
using test::QuicInitial;

const std::string kHello = test::client_hello("files.example.org");

std::string read(const std::vector<std::string>& datagrams) {
  QuicHelloReader reader;
  for (const std::string& datagram : datagrams) reader.feed(as_byte_span(datagram));
  const ClientHello& hello = reader.hello();
  return (reader.done() ? "done:" : "waits:") + hello.server_name +
         (hello.protocols.empty() ? "" : " alpn " + hello.protocols);
}

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// RFC 9001 A.2, the frames of the client's packet and both ends of what it is on the wire.
constexpr const char* kFramesOfTheStandard =
    "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302010000c000000010"
    "000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007000504616c706e00050005010000000000330026"
    "0024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b0003020304000d0010000e040305030603"
    "0203080408050806002d00020101001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901"
    "100f088394c8f03e51570806048000ffff";

TEST(QuicHello, ReadsTheExampleOfTheStandard) {
  const std::string packet = quic_initial(from_hex(kFramesOfTheStandard));
  EXPECT_EQ(packet.substr(0, 34), from_hex("c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242"));
  EXPECT_EQ(packet.substr(packet.size() - 16), from_hex("e221af44860018ab0856972e194cd934"));
  EXPECT_EQ(read({packet}), "done:example.com alpn alpn");
}

TEST(QuicHello, ReadsBothVersions) {
  for (const int version : {1, 2}) {
    EXPECT_EQ(read({quic_initial(crypto_frame(0, kHello), {.version = version})}), "done:files.example.org") << version;
  }
}

TEST(QuicHello, ThePiecesMayComeInAnyOrderAndPacket) {
  const std::string start = crypto_frame(0, kHello.substr(0, 30));
  const std::string middle = crypto_frame(30, kHello.substr(30, 20));
  const std::string end = crypto_frame(50, kHello.substr(50));
  const std::string acknowledgement = "\x02" + std::string("\0\0\1\0\0\0", 6);
  EXPECT_EQ(read({quic_initial(end + "\x01" + start)}), "waits:");
  EXPECT_EQ(read({quic_initial(end + "\x01" + start), quic_initial(acknowledgement + middle, {.number = 3})}),
            "done:files.example.org");
  const QuicInitial small{.number = 1, .size_min = 0};
  EXPECT_EQ(read({quic_initial(start + end, small) + quic_initial(middle)}), "done:files.example.org") << "coalesced";
}

TEST(QuicHello, KeysStayWhenTheServerNamesItselfAndChangeWithARetry) {
  const std::string first = quic_initial(crypto_frame(0, kHello.substr(0, 30)));
  const std::string rest = crypto_frame(30, kHello.substr(30));
  QuicInitial later{.destination_id = "server's", .first_id = QuicInitial().first_id};
  EXPECT_EQ(read({first, quic_initial(rest, later)}), "done:files.example.org");
  later.first_id = later.destination_id;
  later.token = "retry";
  EXPECT_EQ(read({first, quic_initial(rest, later)}), "done:files.example.org");
}

TEST(QuicHello, WhatIsNotAuthenticGivesNoName) {
  std::string packet = quic_initial(crypto_frame(0, kHello));
  packet[100] = static_cast<char>(packet[100] ^ 1);
  EXPECT_EQ(read({packet}), "waits:");
  EXPECT_EQ(read(std::vector<std::string>(16, packet)), "done:") << "not for ever";
}

TEST(QuicHello, RefusesWhatIsNoInitialPacket) {
  std::string packet = quic_initial(crypto_frame(0, kHello));
  EXPECT_EQ(read({"\x45 short header of a connection whose start was missed"}), "done:");
  EXPECT_EQ(read({packet.substr(0, packet.size() - 1)}), "done:") << "cut";
  EXPECT_EQ(read({""}), "done:");
  packet[4] = 9;
  EXPECT_EQ(read({packet}), "done:") << "no such version";
  EXPECT_EQ(read({quic_initial(crypto_frame(0, "\x02" + test::sized("server hello", 3)))}), "done:");
  EXPECT_EQ(read({quic_initial(crypto_frame(0x3fff, std::string(100, 'x')))}), "done:") << "longer than any hello";
}

TEST(QuicHello, ManyPiecesAreNotKept) {
  std::string frames;
  for (std::size_t i = 0; i < 100; ++i) frames += crypto_frame(10 + 2 * i, "x");
  QuicHelloReader reader;
  reader.feed(as_byte_span(quic_initial(frames)));
  EXPECT_TRUE(reader.done());
  EXPECT_EQ(reader.memory_bytes(), 0U);
}

TEST(QuicParser, CountsUnderTheServerName) {
  Flow flow;
  flow.id = FlowId{7};
  flow.transport = Transport::kQuic;
  test::RecordingTransferSink sink;
  const auto parser = make_tls_parser(flow, sink);
  const std::string packet = quic_initial(crypto_frame(0, kHello));
  parser->feed(Direction::kClientToServer, as_byte_span(packet), Timestamp{});
  parser->feed(Direction::kServerToClient, as_byte_span("answer"), Timestamp{});
  parser->finish(CloseReason::kIdleTimeout, Timestamp{});
  EXPECT_EQ(sink.log(),
            "#1 begin tls upload  host=files.example.org path= name= share= opaque=encrypted\n"
            "#2 begin tls download  host=files.example.org path= name= share= opaque=encrypted\n"
            "#1 end connection_closed bytes=0 passed=" +
                std::to_string(packet.size()) + "\n#2 end connection_closed bytes=0 passed=6\n");
}

}  // namespace
}  // namespace sallyport::tls
