// Who goes on behind an Upgrade, and with which bytes.
#include "daemon/protocols/http/upgrade.h"

#include <gtest/gtest.h>

#include "daemon/protocols/http/http1_parser.h"
#include "tests/support/recording_transfer_sink.h"

namespace sallyport::http {
namespace {

constexpr Direction kUp = Direction::kClientToServer;
constexpr Direction kDown = Direction::kServerToClient;

/// Logs what it is fed.
class NextParser : public ProtocolParser {
 public:
  explicit NextParser(std::string& log) : log_(log) {}
  std::size_t feed(Direction direction, Bytes bytes, Timestamp) override {
    log_ += (direction == kUp ? "+" : "-") + std::string(as_text(bytes));
    return bytes.size();
  }
  void gap(Direction, std::uint64_t, Timestamp) override {}
  void conflict(Direction, Timestamp) override {}
  void half_close(Direction, Timestamp) override {}
  void finish(CloseReason, Timestamp) override { log_ += " end"; }
  ParserState state() const override { return ParserState::kRunning; }

 private:
  std::string& log_;
};

class UpgradeTest : public testing::Test {
 protected:
  UpgradeTest() {
    parser = make_http1_parser(flow, sink, config, stats, [this](const Flow&, const Upgrade& agreed) {
      upgrade = agreed;
      return Successor{Protocol::kWebSocket, std::make_unique<NextParser>(log)};
    });
  }
  std::size_t client(std::string_view text) { return parser->feed(kUp, as_byte_span(text), {}); }
  std::size_t server(std::string_view text) { return parser->feed(kDown, as_byte_span(text), {}); }

  Flow flow{FlowId{3}, {}, {}, false, {}};
  test::RecordingTransferSink sink;
  HttpConfig config;
  HttpStats stats;
  std::string log;
  Upgrade upgrade;
  std::unique_ptr<ProtocolParser> parser;
};

constexpr std::string_view kAsk =
    "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Extensions: a\r\n\r\n";
constexpr std::string_view kAgree =
    "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

TEST_F(UpgradeTest, TheSuccessorIsMadeWithTheHandshake) {
  client(kAsk);
  EXPECT_EQ(server(std::string(kAgree) + "frames"), kAgree.size());
  ASSERT_EQ(parser->state(), ParserState::kHandOver);
  const Successor next = parser->successor();
  EXPECT_EQ(next.protocol, Protocol::kWebSocket);
  EXPECT_EQ(upgrade.protocol, "websocket");
  EXPECT_EQ(upgrade.request.host + upgrade.request.path, "h/chat");
  EXPECT_EQ(upgrade.extensions, "permessage-deflate");
  EXPECT_TRUE(upgrade.answer_seen);
}

TEST_F(UpgradeTest, AClientThatDoesNotWaitIsHeard) {
  client(kAsk);
  for (const char c : std::string_view("\x81\x83"
                                       "abcdef"))
    client(std::string(1, c));
  server(kAgree);
  ASSERT_EQ(parser->state(), ParserState::kHandOver);
  const Successor next = parser->successor();
  EXPECT_EQ(log,
            "+\x81\x83"
            "abcdef");
}

TEST_F(UpgradeTest, ARefusedUpgradeIsHttpAsBefore) {
  client(kAsk);
  client("PUT /x HTTP/1.1\r\nContent-Length: 2\r\n\r\nok");
  server("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nno!");
  EXPECT_EQ(parser->state(), ParserState::kRunning);
  ASSERT_EQ(sink.objects().size(), 2U);
  EXPECT_EQ(sink.objects()[0].bytes + sink.objects()[1].bytes, "okno!");
}

TEST_F(UpgradeTest, AnAnswerBeforeTheBodysEndLeavesItIncomplete) {
  client("POST /x HTTP/1.1\r\nUpgrade: h2c\r\nContent-Length: 9\r\n\r\nfour");
  server("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n");
  EXPECT_EQ(sink.objects().at(0).reason, EndReason::kAborted);
  EXPECT_EQ(sink.objects().at(0).not_inspected, NotInspected::kGap);
}

TEST_F(UpgradeTest, WithoutAnAnswerTheEndSettlesIt) {
  client(std::string(kAsk) + "\x82\x81 frames");
  parser->finish(CloseReason::kShutdown, {});
  EXPECT_EQ(log, "+\x82\x81 frames end");
  EXPECT_FALSE(upgrade.answer_seen);
}

TEST_F(UpgradeTest, ManyBytesWithoutAnAnswerSettleItToo) {
  client(kAsk);
  const std::string frames = "\x82\xfe" + std::string(100000, 'f');
  const std::size_t taken = client(frames);
  ASSERT_EQ(parser->state(), ParserState::kHandOver);
  EXPECT_LT(taken, frames.size());
  const Successor next = parser->successor();
  next.parser->feed(kUp, as_byte_span(frames).subspan(taken), {});
  EXPECT_EQ(log.size(), frames.size() + 2) << "all bytes, in two pieces";
}

TEST_F(UpgradeTest, ThePrefaceBehindAnH2cUpgradeIsNoRequest) {
  client("POST /x HTTP/1.1\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok");
  client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  server("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n");
  ASSERT_EQ(parser->state(), ParserState::kHandOver);
  const Successor next = parser->successor();
  EXPECT_EQ(log, "+PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  EXPECT_EQ(upgrade.protocol, "h2c");
  EXPECT_EQ(sink.objects().at(0).bytes, "ok");
}

}  // namespace
}  // namespace sallyport::http
