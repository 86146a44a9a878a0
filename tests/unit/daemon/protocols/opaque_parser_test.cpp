#include "daemon/protocols/opaque_parser.h"

#include <gtest/gtest.h>

#include "tests/support/recording_transfer_sink.h"

namespace sallyport {
namespace {

TEST(OpaqueParser, CountsEachDirectionThatSpeaks) {
  Flow flow;
  flow.id = FlowId{3};
  flow.client.port = 1000;
  flow.server.port = 2000;
  test::RecordingTransferSink sink;
  OpaqueParser parser(flow, Protocol::kUnknown, NotInspected::kUnknownProtocol, sink);
  EXPECT_EQ(parser.feed(Direction::kServerToClient, as_byte_span("hello"), Timestamp{}), 5U);
  parser.gap(Direction::kServerToClient, 10, Timestamp{});
  parser.conflict(Direction::kServerToClient, Timestamp{});
  parser.feed(Direction::kServerToClient, as_byte_span("bye"), Timestamp{});
  parser.half_close(Direction::kServerToClient, Timestamp{});
  parser.feed(Direction::kServerToClient, as_byte_span("after the end"), Timestamp{});
  parser.finish(CloseReason::kFinished, Timestamp{});
  EXPECT_EQ(sink.log(),
            "#1 begin unknown download  host= path= name= share= opaque=unknown_protocol\n#1 hole 5+10 gap\n#1 flag "
            "tcp_overlap\n"
            "#1 end complete bytes=0 passed=8\n");
  EXPECT_EQ(sink.objects()[0].facts.sender.port, 2000);
  EXPECT_EQ(sink.objects()[0].facts.receiver.port, 1000);
}

}  // namespace
}  // namespace sallyport
