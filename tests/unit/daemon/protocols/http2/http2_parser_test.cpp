#include "daemon/protocols/http2/http2_parser.h"

#include <gtest/gtest.h>

#include "tests/support/http2_session.h"

namespace sallyport::http2 {
namespace {

using namespace test;  // the frames' short names

class Http2ParserTest : public testing::Test {
 protected:
  Http2ParserTest() {
    session.client(kH2Preface + h2_frame(kH2Settings, 0, ""));
    session.server(h2_frame(kH2Settings, 0, "") + h2_frame(kH2Settings, 0, "", 1));
  }
  static std::string data(std::uint32_t stream, const std::string& content, std::uint8_t flags = kH2EndStream) {
    return h2_frame(kH2Data, stream, content, flags);
  }

  Http2Session session;
  HeaderEncoder client, server;
};

TEST_F(Http2ParserTest, ARequestAndItsResponse) {
  session.client(client.put_headers(1, "/up/a.jpg", {{"content-length", "4"}, {"authorization", "Basic dTpw"}}) +
                 data(1, "body"));
  session.server(server.headers(1, {{":status", "200"}, {"etag", "\"e\""}}) + data(1, "answer"));
  const auto run = session.play_all();
  const auto objects = run->sink.objects();
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].facts.protocol, Protocol::kHttp2);
  EXPECT_EQ(objects[0].facts.host + objects[0].facts.path, "store.example/up/a.jpg");
  EXPECT_EQ(objects[0].facts.file_name, "a.jpg");
  EXPECT_EQ(objects[0].facts.user, "u");
  EXPECT_EQ(objects[0].facts.declared_size, 4U);
  EXPECT_EQ(objects[0].bytes, "body");
  EXPECT_EQ(objects[1].bytes, "answer");
  EXPECT_EQ(objects[1].facts.path, "/up/a.jpg");
  EXPECT_EQ(objects[1].facts.status, 200);
  EXPECT_EQ(objects[1].facts.etag, "\"e\"");
  EXPECT_FALSE(objects[1].facts.upload);
  EXPECT_EQ(run->stats.requests.value(), 1U);
}

TEST_F(Http2ParserTest, StreamsThatInterleave) {
  std::string frames;
  for (std::uint32_t stream = 1; stream < 40; stream += 2)
    frames += client.put_headers(stream, "/" + std::to_string(stream));
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t stream = 1; stream < 40; stream += 2)
      frames += data(stream, std::to_string(stream) + ";", round == 2 ? kH2EndStream : std::uint8_t{0});
  }
  session.client(frames);
  const auto objects = session.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 20U);
  EXPECT_EQ(objects[3].bytes, "7;7;7;");
  EXPECT_EQ(objects[3].facts.path, "/7");
}

TEST_F(Http2ParserTest, PaddingPriorityContinuationTrailersAndInterim) {
  const std::string block = client.put("/x");
  session.client(
      h2_frame(kH2Headers, 1, static_cast<char>(3) + std::string(5, '\1') + block.substr(0, 2) + std::string(3, '\0'),
               kH2Padded | kH2Priority) +
      h2_frame(kH2Continuation, 1, block.substr(2, 1)) + h2_frame(kH2Continuation, 1, block.substr(3), kH2EndHeaders) +
      h2_frame(kH2Data, 1, h2_padded("pad", 200), kH2Padded) + data(1, "", 0) + data(1, "ded", 0) +
      h2_frame(kH2Data, 1, h2_padded("", 4), kH2Padded) + client.headers(1, {{"x-trailer", "t"}}, kH2EndStream));
  session.server(server.headers(1, {{":status", "100"}}))
      .server(server.headers(1, {{":status", "200"}}) + data(1, "yes"));
  const auto objects = session.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].bytes, "padded");
  EXPECT_EQ(objects[0].evasions, 0U);
  EXPECT_EQ(objects[0].reason, EndReason::kComplete);
  EXPECT_EQ(objects[1].facts.status, 200);
}

TEST_F(Http2ParserTest, PaddingThatIsNotZeroOrTooLongIsFlagged) {
  session.client(client.put_headers(1, "/x") + h2_frame(kH2Data, 1, h2_padded("a", 5, 'h'), kH2Padded | kH2EndStream));
  session.client(client.put_headers(3, "/y") + data(3, "b", 0) +
                 h2_frame(kH2Data, 3, "\x20zz", kH2Padded | kH2EndStream));
  const auto objects = session.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].bytes + objects[1].bytes, "ab");
  EXPECT_EQ(objects[0].evasions, bit(Evasion::kHttpFraming));
  EXPECT_EQ(objects[1].evasions, bit(Evasion::kHttpFraming));
}

TEST_F(Http2ParserTest, FormsAreTakenApart) {
  session.client(
      client.put_headers(1, "/form", {{"content-type", "multipart/form-data; boundary=B"}}) +
      data(1, "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.jpg\"\r\n\r\none\r\n--B\r\n\r\ntwo", 0) +
      data(1, "\r\n--B--"));
  const auto objects = session.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].facts.file_name, "a.jpg");
  EXPECT_EQ(objects[0].bytes + objects[1].bytes, "onetwo");
}

TEST_F(Http2ParserTest, AResetAbortsTheSendersBody) {
  session.client(client.put_headers(1, "/x") + data(1, "par", 0) + h2_frame(kH2RstStream, 1, h2_number(8, 4)));
  const auto objects = session.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_EQ(objects[0].reason, EndReason::kAborted);
  EXPECT_EQ(objects[0].not_inspected, NotInspected::kAborted);
}

TEST_F(Http2ParserTest, WhatGoesOnBehindTheReceiversResetIsToldOf) {
  session.client(client.put_headers(1, "/x") + data(1, "par", 0));
  session.server(h2_frame(kH2RstStream, 1, h2_number(8, 4)));
  session.client(data(1, "tial", 0) + data(1, "!"));
  const auto run = session.play_all();
  const auto objects = run->sink.objects();
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].reason, EndReason::kAborted);
  EXPECT_EQ(objects[1].bytes, std::string(3, '\0') + "tial!");
  EXPECT_EQ(objects[1].facts.path, "/x");
  EXPECT_EQ(objects[1].evasions, bit(Evasion::kHttpFraming));
  EXPECT_EQ(objects[1].not_inspected, NotInspected::kGap);
  EXPECT_NE(objects[0].identity.key, objects[1].identity.key);
  EXPECT_EQ(run->stats.late_bodies.value(), 1U);
}

TEST_F(Http2ParserTest, DataBehindEndStreamIsATransferOfItsOwn) {
  session.client(client.put_headers(1, "/x") + data(1, "end") + data(1, "more", 0) + data(1, "!"));
  const auto objects = session.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].bytes, "end");
  EXPECT_EQ(objects[1].bytes, "more!");
  EXPECT_EQ(objects[1].evasions, bit(Evasion::kHttpFraming));
}

TEST_F(Http2ParserTest, ContentLengthThatIsNotTheBodysIsFlagged) {
  session.client(client.put_headers(1, "/x", {{"content-length", "2"}}) + data(1, "long"));
  session.client(client.put_headers(3, "/y", {{"content-length", "9"}}) + data(3, "short"));
  const auto run = session.play_all();
  for (const auto& object : run->sink.objects()) {
    EXPECT_EQ(object.evasions, bit(Evasion::kHttpFraming)) << run->sink.log();
    EXPECT_EQ(object.reason, EndReason::kComplete);
  }
  EXPECT_NE(run->sink.log().find("resize 5"), std::string::npos);
}

TEST_F(Http2ParserTest, TheLengthInAResponseToHeadIsOfNoBody) {
  session.client(client.headers(1, {{":method", "HEAD"}, {":path", "/x"}}, kH2EndStream));
  session.server(server.headers(1, {{":status", "200"}, {"content-length", "500"}}, kH2EndStream));
  EXPECT_TRUE(session.play_all()->sink.objects().empty());
}

TEST_F(Http2ParserTest, APromisedResponseHasTheNamesOfItsRequest) {
  session.client(client.headers(1, {{":method", "GET"}, {":path", "/"}}, kH2EndStream));
  session.server(h2_frame(
      kH2PushPromise, 1, h2_number(2, 4) + server.block({{":method", "GET"}, {":authority", "h"}, {":path", "/p.jpg"}}),
      kH2EndHeaders));
  session.server(server.headers(2, {{":status", "200"}}) + data(2, "pushed"));
  const auto objects = session.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_EQ(objects[0].facts.host + objects[0].facts.file_name, "hp.jpg");
  EXPECT_EQ(objects[0].bytes, "pushed");
}

TEST_F(Http2ParserTest, AnUpgradedConnectionBeginsWithTheAnswerToItsRequest) {
  http::Upgrade upgrade;
  upgrade.request.method = "GET";
  upgrade.request.path = "/first.jpg";
  Http2Session upgraded;
  upgraded.upgrade = &upgrade;
  upgraded.server(h2_frame(kH2Settings, 0, ""));
  upgraded.client(kH2Preface + h2_frame(kH2Settings, 0, ""));
  upgraded.server(server.headers(1, {{":status", "200"}}) + data(1, "first"));
  const auto objects = upgraded.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_EQ(objects[0].facts.file_name, "first.jpg");
  EXPECT_EQ(objects[0].bytes, "first");
}

TEST_F(Http2ParserTest, AnOrdinaryTunnelIsOpaque) {
  session.client(client.headers(1, {{":method", "CONNECT"}, {":authority", "hidden:443"}}));
  session.server(server.headers(1, {{":status", "200"}}));
  session.client(data(1, "\x16\x03\x01 tls", 0));
  session.server(data(1, "\x16\x03\x01 tls too", 0));
  const auto objects = session.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].facts.opaque, NotInspected::kEncrypted);
  EXPECT_EQ(objects[0].passed, 7U);
}

TEST_F(Http2ParserTest, ARefusedConnectHasABody) {
  session.client(client.headers(1, {{":method", "CONNECT"}, {":authority", "hidden:443"}}, kH2EndStream));
  session.server(server.headers(1, {{":status", "403"}}) + data(1, "no"));
  const auto objects = session.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_EQ(objects[0].bytes, "no");
}

TEST_F(Http2ParserTest, StreamsAreBounded) {
  session.config.streams_max = 4;
  for (std::uint32_t stream = 1; stream < 20; stream += 2)
    session.client(client.headers(stream, {{":method", "GET"}, {":path", "/waits"}}, kH2EndStream));
  for (std::uint32_t stream = 21; stream < 33; stream += 2)
    session.client(client.put_headers(stream, "/x") + data(stream, "open", 0));
  const auto run = session.play_all();
  EXPECT_GT(run->stats.streams_forgotten.value(), 0U);
  EXPECT_GT(run->stats.streams_refused.value(), 0U);
  const auto objects = run->sink.objects();
  ASSERT_EQ(objects.size(), 5U);
  EXPECT_EQ(objects.back().facts.opaque, NotInspected::kOverBudget);
  EXPECT_EQ(objects.back().passed, 8U);
}

TEST_F(Http2ParserTest, RapidResetsLeaveNothingBehind) {
  session.config.reset_streams_max = 8;
  std::string frames;
  for (std::uint32_t stream = 1; stream < 2000; stream += 2)
    frames += client.put_headers(stream, "/x") + h2_frame(kH2RstStream, stream, h2_number(8, 4));
  session.client(frames + client.put_headers(2001, "/last") + data(2001, "last"));
  const auto run = session.play(0);
  ASSERT_EQ(run->sink.objects().size(), 1U);
  EXPECT_EQ(run->stats.resets.value(), 1000U);
  EXPECT_EQ(run->stats.streams_forgotten.value(), 992U);
}

TEST_F(Http2ParserTest, FramesBetweenHeadersAndContinuationTearTheBlock) {
  const std::string block = client.put("/torn");
  session.client(h2_frame(kH2Headers, 1, block.substr(0, 4)) + h2_frame(kH2Ping, 0, std::string(8, 'p')) +
                 h2_frame(kH2Continuation, 1, block.substr(4), kH2EndHeaders) + data(1, "body"));
  const auto run = session.play_all();
  ASSERT_EQ(run->sink.objects().size(), 1U);
  EXPECT_EQ(run->sink.objects()[0].bytes, "body");
  EXPECT_EQ(run->stats.header_blocks_torn.value(), 1U);
}

TEST_F(Http2ParserTest, UnknownFramesAndConnectionFramesAreReadOver) {
  session.client(h2_frame(0x42, 9, "extension") + h2_frame(kH2Goaway, 0, std::string(20, 'g')) +
                 h2_frame(kH2WindowUpdate, 0, h2_number(1, 4)) + client.put_headers(1, "/x") + data(1, "body"));
  const auto run = session.play_all();
  ASSERT_EQ(run->sink.objects().size(), 1U);
  EXPECT_EQ(run->stats.goaways.value(), 1U);
}

TEST_F(Http2ParserTest, ABodyThatTheConnectionCutsIsAborted) {
  session.client(client.put_headers(1, "/x") + data(1, "par", 0));
  EXPECT_EQ(session.play_all()->sink.objects().at(0).reason, EndReason::kAborted);
  EXPECT_EQ(session.play_all(CloseReason::kIdleTimeout)->sink.objects().at(0).reason, EndReason::kConnectionClosed);
}

TEST_F(Http2ParserTest, DataIsNotCopied) {
  class Borrowed : public RecordingTransferSink {
   public:
    void chunk(TransferId, std::uint64_t, Bytes bytes, FlowId, Timestamp) override {
      if (bytes.data() >= watched.data() && bytes.data() < watched.data() + watched.size()) borrowed += bytes.size();
    }
    Bytes watched;
    std::size_t borrowed = 0;
  } sink;
  const http::HttpConfig http_config;
  http::HttpStats http_stats;
  const Http2Config config;
  Http2Stats stats;
  const auto parser = make_http2_parser(Flow{}, {sink, http_config, http_stats, config, stats}, nullptr);
  const std::string bytes = kH2Preface + client.put_headers(1, "/x") + data(1, std::string(16000, 'd'));
  sink.watched = as_byte_span(bytes);
  parser->feed(Direction::kClientToServer, as_byte_span(bytes), {});
  EXPECT_EQ(sink.borrowed, 16000U);
}

}  // namespace
}  // namespace sallyport::http2
