#include "daemon/protocols/http/http1_parser.h"

#include <gtest/gtest.h>

#include "tests/support/recording_transfer_sink.h"

namespace sallyport::http {
namespace {

/// Records what must be true of calls that RecordingTransferSink does not show.
class CallSink : public test::RecordingTransferSink {
 public:
  void chunk(TransferId id, std::uint64_t offset, Bytes bytes, FlowId flow, Timestamp time) override {
    if (bytes.data() >= watched.data() && bytes.data() < watched.data() + watched.size()) borrowed += bytes.size();
    RecordingTransferSink::chunk(id, offset, bytes, flow, time);
  }
  void unit_end(TransferId, FlowId, Timestamp) override { ++unit_ends; }

  Bytes watched;
  std::size_t borrowed = 0;
  int unit_ends = 0;
};

class Http1ParserTest : public testing::Test {
 protected:
  void client(std::string_view text) { parser().feed(Direction::kClientToServer, as_byte_span(text), time_); }
  void server(std::string_view text) { parser().feed(Direction::kServerToClient, as_byte_span(text), time_); }
  ProtocolParser& parser() {
    if (!parser_) parser_ = make_http1_parser(flow_, sink_, config_, stats_);
    return *parser_;
  }

  Flow flow_{FlowId{3}, {}, {}, false, {}};
  CallSink sink_;
  HttpConfig config_;
  HttpStats stats_;
  Timestamp time_{};
  std::unique_ptr<ProtocolParser> parser_;
};

TEST_F(Http1ParserTest, IdentityBodiesAreNotCopied) {
  const std::string body(100000, 'b');
  client("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
  sink_.watched = as_byte_span(body);
  client(body);
  EXPECT_EQ(sink_.borrowed, body.size());
  EXPECT_EQ(sink_.unit_ends, 1);
}

TEST_F(Http1ParserTest, PartBytesAreNotCopiedButAtTheEdges) {
  const std::string body = "--B\r\n\r\n" + std::string(100000, '-') + "\r\n--B--";
  client("POST /x HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n");
  sink_.watched = as_byte_span(body);
  client(body);
  EXPECT_GE(sink_.borrowed, 99990U);
  EXPECT_EQ(sink_.objects().at(0).bytes.size(), 100000U);
}

TEST_F(Http1ParserTest, AnEndlessHeadIsGivenUp) {
  config_.header_bytes_max = 4096;
  client("GET / HTTP/1.1\r\nX: " + std::string(10000, 'x'));
  EXPECT_EQ(stats_.oversized_heads.value(), 1U);
  client("\r\n\r\nPUT /y HTTP/1.1\r\nContent-Length: 1\r\n\r\nz");
  parser().finish(CloseReason::kReset, time_);
  ASSERT_EQ(sink_.objects().size(), 2U);
  EXPECT_EQ(sink_.objects()[0].passed, 10023U) << "the head, as bytes that nobody can place";
  EXPECT_EQ(sink_.objects()[0].not_inspected, NotInspected::kOverBudget);
  EXPECT_EQ(sink_.objects()[1].bytes, "z");
}

TEST_F(Http1ParserTest, TheRequestQueueIsBounded) {
  config_.requests_queued_max = 2;
  client("GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n");
  server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  EXPECT_EQ(sink_.objects().at(0).facts.path, "/2");
}

TEST_F(Http1ParserTest, AConflictFlagsWhatIsOpen) {
  client("PUT /x HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc");
  parser().conflict(Direction::kClientToServer, time_);
  parser().conflict(Direction::kServerToClient, time_);
  EXPECT_EQ(sink_.objects().at(0).evasions, bit(Evasion::kTcpOverlap));
}

TEST_F(Http1ParserTest, AnIdleTimeoutInABodyIsNoAbort) {
  client("PUT /x HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc");
  parser().finish(CloseReason::kIdleTimeout, time_);
  EXPECT_EQ(sink_.objects().at(0).reason, EndReason::kPartDone) << "another PUT may go on with it";
  EXPECT_EQ(sink_.objects().at(0).not_inspected, NotInspected::kGap);
}

TEST_F(Http1ParserTest, NestedMultipartIsBounded) {
  config_.multipart_nesting_max = 1;
  const std::string inner = "--IN\r\n\r\none\r\n--IN--";
  const std::string body = "--OUT\r\nContent-Type: multipart/mixed; boundary=IN\r\n\r\n" + inner + "\r\n--OUT--";
  client("POST /x HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=OUT\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body);
  ASSERT_EQ(sink_.objects().size(), 1U);
  EXPECT_EQ(sink_.objects().at(0).bytes, inner);
}

}  // namespace
}  // namespace sallyport::http
