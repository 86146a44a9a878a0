#include "daemon/protocols/tls/tls_parser.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/feed_all_ways.h"
#include "tests/support/recording_transfer_sink.h"
#include "tests/support/tls_hello.h"

namespace sallyport::tls {
namespace {

Flow flow() {
  Flow one;
  one.id = FlowId{7};
  return one;
}

TEST(TlsParser, CountsBothDirectionsUnderTheServerName) {
  const std::string client = test::in_records(test::client_hello("files.example.org"), 40) + std::string(3000, 'x');
  const std::string log = test::feed_all_ways(as_byte_span(client), [](const test::Feeder& feeder) {
    test::RecordingTransferSink sink;
    TlsParser parser(flow(), sink);
    feeder([&](Bytes piece) { parser.feed(Direction::kClientToServer, piece, Timestamp{}); });
    parser.feed(Direction::kServerToClient, as_byte_span("answer"), Timestamp{});
    parser.finish(CloseReason::kFinished, Timestamp{});
    return sink.log();
  });
  const std::string size = std::to_string(client.size());
  EXPECT_EQ(log,
            "#1 begin tls upload  host=files.example.org path= name= share= opaque=encrypted\n"
            "#2 begin tls download  host=files.example.org path= name= share= opaque=encrypted\n"
            "#1 end complete bytes=0 passed=" +
                size + "\n#2 end complete bytes=0 passed=6\n");
}

TEST(TlsParser, CutHelloIsStillCounted) {
  test::RecordingTransferSink sink;
  TlsParser parser(flow(), sink);
  parser.feed(Direction::kClientToServer, as_byte_span("\x16\x03\x01"), Timestamp{});
  parser.gap(Direction::kClientToServer, 100, Timestamp{});
  parser.feed(Direction::kClientToServer, as_byte_span("more"), Timestamp{});
  parser.finish(CloseReason::kReset, Timestamp{});
  EXPECT_EQ(sink.log(),
            "#1 begin tls upload  host= path= name= share= opaque=encrypted\n#1 hole 3+100 gap\n"
            "#1 end connection_closed bytes=0 passed=7\n");
}

Recognition judge(const std::string& bytes) {
  return recognise(Direction::kClientToServer, as_byte_span(bytes));
}

TEST(TlsRecognition, KnowsRecordsAndNothingElse) {
  EXPECT_EQ(judge(test::in_records(test::client_hello("a"), 500)), Recognition::kYes);
  EXPECT_EQ(judge(test::in_records(test::client_hello("a"), 4)), Recognition::kYes);
  EXPECT_EQ(judge("\x17\x03\x03\x01\x02"), Recognition::kYes) << "application data, start missed";
  EXPECT_EQ(judge("\x16\x03\x05\x01\x02\x01"), Recognition::kNo);
  EXPECT_EQ(judge("\x16\x03\x01\xff\xff\x01"), Recognition::kNo);
  EXPECT_EQ(judge("\x16\x03\x01\x01\x02\x63"), Recognition::kNo) << "no such handshake message";
  EXPECT_EQ(judge("\x80\x2e\x01\x03\x01"), Recognition::kNo) << "SSLv2 hello";
  EXPECT_EQ(judge("GET / HTTP/1.1"), Recognition::kNo);
}

TEST(TlsRecognition, AsksForMoreAndNeverTakesAnAnswerBack) {
  for (const std::string& bytes : {test::in_records(test::client_hello("a"), 500), std::string("\x16\x03\x09zzzz")}) {
    Recognition answer = Recognition::kMaybe;
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
      const Recognition now = judge(bytes.substr(0, size));
      ASSERT_TRUE(answer == Recognition::kMaybe || now == answer) << size;
      answer = now;
    }
    EXPECT_NE(answer, Recognition::kMaybe);
  }
}

}  // namespace
}  // namespace sallyport::tls
