#include "daemon/protocols/websocket/websocket_parser.h"

#include <gtest/gtest.h>

#include "tests/support/feed_all_ways.h"
#include "tests/support/recording_transfer_sink.h"
#include "tests/support/small_images.h"
#include "tests/support/websocket_builder.h"

namespace sallyport::websocket {
namespace {

using test::WsFrame;
constexpr Direction kUp = Direction::kClientToServer;
constexpr Direction kDown = Direction::kServerToClient;

struct Session {
  explicit Session(const http::Upgrade& upgrade) {
    Flow flow;
    flow.id = FlowId{7};
    parser = make_websocket_parser(flow, {sink, http_config, http_stats, config, stats}, upgrade);
  }
  std::string report() const {
    std::string out = sink.log();
    for (const auto& object : sink.objects())
      out += object.identity.key + "|" + object.facts.inside + "|" + object.bytes + "\n";
    return out;
  }

  test::RecordingTransferSink sink;
  http::HttpConfig http_config;
  http::HttpStats http_stats;
  WebSocketConfig config;
  WebSocketStats stats;
  std::unique_ptr<ProtocolParser> parser;
};

class WebSocketParserTest : public testing::Test {
 protected:
  WebSocketParserTest() {
    upgrade.request.path = "/camera";
    upgrade.request.host = "h";
    upgrade.answer_seen = true;
  }
  /// One direction's bytes in all ways to cut them; the objects of the whole.
  std::vector<test::RecordingTransferSink::Object> play(const std::string& bytes, Direction direction = kUp) {
    test::feed_all_ways(as_byte_span(bytes), [&](const test::Feeder& feeder) {
      Session session(upgrade);
      feeder([&](Bytes piece) { session.parser->feed(direction, piece, {}); });
      session.parser->finish(CloseReason::kFinished, {});
      last_stats = session.stats;
      EXPECT_EQ(session.stats.join_bytes.value(), 0U);
      return session.report();
    });
    Session session(upgrade);
    session.parser->feed(direction, as_byte_span(bytes), {});
    session.parser->finish(CloseReason::kFinished, {});
    return session.sink.objects();
  }
  void agree(const char* extensions) { upgrade.extensions = extensions; }

  http::Upgrade upgrade;
  WebSocketStats last_stats;
};

TEST_F(WebSocketParserTest, AMessageIsATransfer) {
  const auto objects =
      play(WsFrame{test::kWsBinary, std::string(700, 'm')}.bytes() + WsFrame{test::kWsText, "text"}.bytes() +
           WsFrame{test::kWsBinary, ""}.bytes() + WsFrame{test::kWsClose, "\x03\xe8"}.bytes());
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].bytes, std::string(700, 'm'));
  EXPECT_EQ(objects[0].facts.protocol, Protocol::kWebSocket);
  EXPECT_EQ(objects[0].facts.host + objects[0].facts.path, "h/camera");
  EXPECT_EQ(objects[0].reason, EndReason::kComplete);
  EXPECT_TRUE(objects[0].facts.upload);
  EXPECT_EQ(objects[1].bytes, "text");
  EXPECT_EQ(objects[1].evasions, 0U);
}

TEST_F(WebSocketParserTest, FragmentsWithControlFramesBetween) {
  const auto objects = play(WsFrame{test::kWsText, "one ", false}.bytes() + WsFrame{test::kWsPing, "ping"}.bytes() +
                            WsFrame{test::kWsContinuation, "two ", false}.bytes() + WsFrame{test::kWsPong, ""}.bytes() +
                            WsFrame{test::kWsContinuation, "three"}.bytes());
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_EQ(objects[0].bytes, "one two three");
  EXPECT_EQ(last_stats.control_frames.value(), 2U);
}

TEST_F(WebSocketParserTest, InflatesWithItsContextFromMessageToMessage) {
  agree("permessage-deflate");
  test::MessageDeflater deflater;
  const std::string text(5000, 't');
  std::string bytes;
  for (int i = 0; i < 3; ++i) {
    const std::string packed = deflater.pack(text + std::to_string(i));
    EXPECT_TRUE(i == 0 || packed.size() < 40);
    bytes += WsFrame{test::kWsText, packed.substr(0, 5), false, 4}.bytes() +
             WsFrame{test::kWsContinuation, packed.substr(5)}.bytes();
  }
  bytes += WsFrame{test::kWsText, "plain"}.bytes();
  const auto objects = play(bytes);
  ASSERT_EQ(objects.size(), 4U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(objects[static_cast<std::size_t>(i)].bytes, text + std::to_string(i));
  EXPECT_EQ(objects[3].bytes, "plain");
}

TEST_F(WebSocketParserTest, InflatesWithoutContextAndLastBlocks) {
  agree("permessage-deflate; server_no_context_takeover");
  std::string bytes;
  for (int i = 0; i < 2; ++i) {
    test::MessageDeflater deflater;
    bytes += WsFrame{test::kWsBinary, deflater.pack(std::string(3000, 'x') + "end", true), true, 4, false}.bytes();
  }
  const auto objects = play(bytes, kDown);
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[1].bytes, std::string(3000, 'x') + "end");
  EXPECT_FALSE(objects[1].facts.upload);
}

TEST_F(WebSocketParserTest, ABlockThatSaysItIsTheLastKeepsTheContext) {
  agree("permessage-deflate");
  test::MessageDeflater first;
  const std::string text = "some text that comes twice, some text that comes twice";
  // The second message is a stored block behind a finished stream: the window goes on.
  const std::string bytes =
      WsFrame{test::kWsText, first.pack(text, true), true, 4}.bytes() + WsFrame{test::kWsText,
                                                                                std::string("\0\3\0\xfc\xff"
                                                                                            "abc\0",
                                                                                            9),
                                                                                true, 4}
                                                                            .bytes();
  const auto objects = play(bytes);
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].bytes, text);
  EXPECT_EQ(objects[1].bytes, "abc");
}

TEST_F(WebSocketParserTest, BrokenCompressionIsTold) {
  agree("permessage-deflate");
  const auto objects =
      play(WsFrame{test::kWsBinary, "\xff\xff\xff\xff nonsense", true, 4}.bytes() +
           WsFrame{test::kWsBinary, "later", true, 4}.bytes() + WsFrame{test::kWsBinary, "plain"}.bytes());
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[0].not_inspected, NotInspected::kUnknownCoding);
  EXPECT_EQ(objects[1].not_inspected, NotInspected::kGap);
  EXPECT_EQ(objects[2].bytes, "plain");
  EXPECT_FALSE(objects[2].not_inspected);
}

TEST_F(WebSocketParserTest, ABombIsCut) {
  agree("permessage-deflate");
  test::MessageDeflater deflater;
  const std::string packed = WsFrame{test::kWsBinary, deflater.pack(std::string(3000000, '\0')), true, 4}.bytes();
  Session session(upgrade);
  session.http_config.expansion_floor_bytes = 1000;
  session.http_config.expansion_ratio_max = 10;
  session.parser->feed(kUp, as_byte_span(packed), {});
  session.parser->finish(CloseReason::kFinished, {});
  const auto object = session.sink.objects().at(0);
  EXPECT_EQ(object.not_inspected, NotInspected::kExpansionLimit);
  EXPECT_EQ(object.bytes.size(), 40960U);
}

TEST_F(WebSocketParserTest, WhatTheRfcForbidsIsFlaggedAndReadAllTheSame) {
  const std::string text = "read all the same";
  for (const std::string& bytes :
       {WsFrame{test::kWsText, text, true, 0, false}.bytes(), WsFrame{test::kWsContinuation, text}.bytes(),
        WsFrame{3, text}.bytes(), WsFrame{0xb, text}.bytes(), std::string("\x81\x7e\0\x11", 4) + text}) {
    const auto objects = play(bytes);
    ASSERT_EQ(objects.size(), 1U);
    EXPECT_EQ(objects[0].bytes, text);
    EXPECT_EQ(objects[0].evasions, bit(Evasion::kHttpFraming));
  }
  const auto long_ping = play(WsFrame{test::kWsPing, std::string(200, 'p')}.bytes());
  EXPECT_EQ(long_ping.at(0).bytes, std::string(200, 'p'));
}

TEST_F(WebSocketParserTest, BitsThatNobodyAgreedOnAreAnUnknownCoding) {
  for (const std::uint8_t rsv : {std::uint8_t{1}, std::uint8_t{2}, std::uint8_t{4}}) {
    const auto objects = play(WsFrame{test::kWsBinary, "bytes", true, rsv}.bytes());
    EXPECT_EQ(objects.at(0).not_inspected, NotInspected::kUnknownCoding);
    EXPECT_EQ(objects.at(0).bytes, "bytes");
  }
}

TEST_F(WebSocketParserTest, ATornMessageIsAborted) {
  const auto objects = play(WsFrame{test::kWsText, "begun", false}.bytes() + WsFrame{test::kWsText, "another"}.bytes() +
                            WsFrame{test::kWsText, "cut", false}.bytes());
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[0].reason, EndReason::kAborted);
  EXPECT_EQ(objects[0].evasions, bit(Evasion::kHttpFraming));
  EXPECT_EQ(objects[1].bytes, "another");
  EXPECT_EQ(objects[2].reason, EndReason::kAborted);
}

TEST_F(WebSocketParserTest, AnImageOverSeveralMessagesIsJoined) {
  const std::string jpeg = test::small_jpeg(1000);
  const auto objects =
      play(WsFrame{test::kWsBinary, jpeg.substr(0, 400)}.bytes() + WsFrame{test::kWsText, "{\"sent\": 400}"}.bytes() +
           WsFrame{test::kWsBinary, jpeg.substr(400, 10)}.bytes() + WsFrame{test::kWsBinary, jpeg.substr(410)}.bytes() +
           WsFrame{test::kWsBinary, "something else, which is quite long"}.bytes());
  ASSERT_EQ(objects.size(), 6U);
  EXPECT_EQ(objects[0].bytes, jpeg.substr(0, 400));
  EXPECT_EQ(objects[3].bytes, jpeg);
  EXPECT_EQ(objects[3].identity.key, "websocket 7 up 1 joined");
  EXPECT_EQ(objects[3].reason, EndReason::kComplete);
  EXPECT_EQ(last_stats.joined_images.value(), 1U);
}

TEST_F(WebSocketParserTest, WholeImagesAreNotJoined) {
  const std::string jpeg = test::small_jpeg(500);
  const auto objects = play(WsFrame{test::kWsBinary, jpeg}.bytes() + WsFrame{test::kWsBinary, jpeg}.bytes() +
                            WsFrame{test::kWsBinary, "other bytes, more than thirty-two of them"}.bytes());
  EXPECT_EQ(objects.size(), 3U);
}

TEST_F(WebSocketParserTest, AnImageThatDoesNotEndIsGivenUp) {
  const std::string jpeg = test::small_jpeg(1000);
  const auto objects = play(WsFrame{test::kWsBinary, jpeg.substr(0, 400)}.bytes() +
                            WsFrame{test::kWsBinary, jpeg.substr(400, 100)}.bytes());
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[2].reason, EndReason::kAborted);
}

TEST_F(WebSocketParserTest, AnImageBeyondTheLimitIsNotKept) {
  const std::string jpeg = test::small_jpeg(1000);
  Session session(upgrade);
  session.config.join_bytes_max = 300;
  for (const std::string& piece : {jpeg.substr(0, 400), jpeg.substr(400)})
    session.parser->feed(kUp, as_byte_span(WsFrame{test::kWsBinary, piece}.bytes()), {});
  EXPECT_EQ(session.sink.objects().size(), 2U);
  EXPECT_EQ(session.stats.joins_given_up.value(), 1U);
  EXPECT_EQ(session.stats.join_bytes.value(), 0U);
}

TEST_F(WebSocketParserTest, ALossInsideOfAPayloadIsAHole) {
  Session session(upgrade);
  const std::string bytes =
      WsFrame{test::kWsBinary, std::string(100, 'a')}.bytes() + WsFrame{test::kWsText, "next"}.bytes();
  session.parser->feed(kUp, as_byte_span(bytes).first(6 + 10), {});
  session.parser->gap(kUp, 21, {});
  session.parser->feed(kUp, as_byte_span(bytes).subspan(6 + 31), {});
  session.parser->finish(CloseReason::kFinished, {});
  EXPECT_NE(session.sink.log().find("hole 10+21 gap"), std::string::npos);
  EXPECT_EQ(session.sink.objects().at(0).bytes.substr(31), std::string(69, 'a'));
  EXPECT_EQ(session.sink.objects().at(1).bytes, "next");
}

TEST_F(WebSocketParserTest, ALossOfAHeaderMakesTheRestOpaque) {
  Session session(upgrade);
  session.parser->feed(kUp, as_byte_span(WsFrame{test::kWsBinary, std::string(100, 'a')}.bytes()).first(50), {});
  session.parser->gap(kUp, 70, {});
  session.parser->feed(kUp, as_byte_span(std::string(30, 'z')), {});
  session.parser->feed(kDown, as_byte_span(WsFrame{test::kWsText, "down", true, 0, false}.bytes()), {});
  session.parser->finish(CloseReason::kFinished, {});
  const auto objects = session.sink.objects();
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[0].reason, EndReason::kComplete) << "its end is known";
  EXPECT_EQ(objects[0].not_inspected, NotInspected::kGap);
  EXPECT_EQ(objects[1].facts.opaque, NotInspected::kGap);
  EXPECT_EQ(objects[1].passed, 30U);
  EXPECT_EQ(objects[2].bytes, "down");
}

TEST_F(WebSocketParserTest, ALossInsideOfACompressedMessageIsToldAndTheNextToo) {
  agree("permessage-deflate");
  test::MessageDeflater deflater;
  const std::string first = WsFrame{test::kWsText, deflater.pack("the first text"), true, 4}.bytes();
  Session session(upgrade);
  session.parser->feed(kUp, as_byte_span(first).first(10), {});
  session.parser->gap(kUp, 3, {});
  session.parser->feed(kUp, as_byte_span(first).subspan(13), {});
  session.parser->feed(kUp, as_byte_span(WsFrame{test::kWsText, deflater.pack("the second text"), true, 4}.bytes()),
                       {});
  session.parser->finish(CloseReason::kFinished, {});
  ASSERT_EQ(session.sink.objects().size(), 2U);
  for (const auto& object : session.sink.objects()) EXPECT_EQ(object.not_inspected, NotInspected::kGap);
}

TEST_F(WebSocketParserTest, TheServersAnswerMayComeLater) {
  upgrade.answer_seen = false;
  test::MessageDeflater deflater;
  const auto objects = play(
      "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Extensions: "
      "permessage-deflate;server_no_context_takeover\r\n\r\n" +
          WsFrame{test::kWsText, deflater.pack("from the server"), true, 4, false}.bytes(),
      kDown);
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_EQ(objects[0].bytes, "from the server");
}

TEST_F(WebSocketParserTest, AConflictFlagsWhatIsOpen) {
  Session session(upgrade);
  session.parser->feed(kUp, as_byte_span(WsFrame{test::kWsText, "open", false}.bytes()), {});
  session.parser->conflict(kUp, {});
  EXPECT_EQ(session.sink.objects().at(0).evasions, bit(Evasion::kTcpOverlap));
}

}  // namespace
}  // namespace sallyport::websocket
