// Loss, missed starts, and the way back to frames.
#include <gtest/gtest.h>

#include "tests/support/http2_session.h"

namespace sallyport::http2 {
namespace {

using namespace test;  // the frames' short names

constexpr Direction kUp = Direction::kClientToServer;

class Http2LossTest : public testing::Test {
 protected:
  static std::string data(std::uint32_t stream, const std::string& content, std::uint8_t flags = kH2EndStream) {
    return h2_frame(kH2Data, stream, content, flags);
  }
  /// Sends `bytes` but for [from, from + size).
  void send_with_hole(const std::string& bytes, std::size_t from, std::size_t size) {
    session.client(bytes.substr(0, from)).lose(kUp, size).client(bytes.substr(from + size));
  }

  Http2Session session;
  HeaderEncoder client;
};

TEST_F(Http2LossTest, InsideOfDataTheHoleIsExact) {
  session.client(kH2Preface + client.put_headers(1, "/x"));
  send_with_hole(data(1, std::string(100, 'a')) + client.put_headers(3, "/y") + data(3, "next"), 9 + 20, 30);
  const auto run = session.play_all();
  EXPECT_NE(run->sink.log().find("hole 20+30 gap"), std::string::npos) << run->sink.log();
  EXPECT_EQ(run->sink.objects()[0].bytes.size(), 100U);
  EXPECT_EQ(run->sink.objects()[1].bytes, "next");
  EXPECT_EQ(run->sink.objects()[1].facts.path, "/y");
  EXPECT_EQ(run->stats.resyncs.value(), 0U);
}

TEST_F(Http2LossTest, OfAHeaderBetweenEqualFramesTheHoleIsReckoned) {
  session.client(kH2Preface + client.put_headers(1, "/x"));
  std::string frames, body;
  for (int i = 0; i < 10; ++i) {
    const std::string piece(1000, static_cast<char>('a' + i));
    body += piece;
    frames += data(1, piece, i == 9 ? kH2EndStream : std::uint8_t{0});
  }
  send_with_hole(frames, 3 * 1009 - 100, 2 * 1009 + 300);
  const auto run = session.play_all();
  const auto object = run->sink.objects().at(0);
  ASSERT_EQ(object.bytes.size(), body.size());
  EXPECT_NE(run->sink.log().find("hole 2900+100 gap"), std::string::npos) << run->sink.log();
  const std::size_t back = 5 * 1009 + 200 - 6 * 9;  // where the bytes of the torn frame begin again
  EXPECT_EQ(object.bytes.substr(back), body.substr(back));
  EXPECT_EQ(object.reason, EndReason::kComplete);
  EXPECT_EQ(object.not_inspected, NotInspected::kGap);
}

TEST_F(Http2LossTest, OfAHeaderAmongSeveralStreamsNothingIsInvented) {
  session.client(kH2Preface + client.put_headers(1, "/x")).client(client.put_headers(3, "/y") + data(3, "12", 0));
  send_with_hole(data(1, std::string(500, 'a'), 0) + data(1, std::string(500, 'b'), 0) + data(3, "34") +
                     client.put_headers(5, "/z") + data(5, "after"),
                 300, 400);
  const auto run = session.play_all();
  const auto objects = run->sink.objects();
  ASSERT_EQ(objects.size(), 4U);
  EXPECT_EQ(objects[1].bytes.substr(0, 291), std::string(291, 'a'));
  EXPECT_EQ(objects[2].bytes, "") << "what fell into the hole, of whatever message";
  for (const std::size_t lost : {0U, 1U, 2U}) EXPECT_EQ(objects[lost].not_inspected, NotInspected::kGap);
  EXPECT_EQ(objects[0].bytes, "12") << "what comes behind an unknown loss has no known place";
  EXPECT_EQ(objects[3].bytes, "after");
  EXPECT_EQ(objects[3].not_inspected, NotInspected::kUnknownCoding)
      << "header blocks may be among what was lost" << run->sink.log();
  EXPECT_EQ(run->stats.resyncs.value(), 1U);
}

TEST_F(Http2LossTest, OfAHeaderBlockLeavesBodiesExact) {
  const std::string lost = client.put_headers(1, "/lost");
  session.client(kH2Preface);
  const std::string jpeg("\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0 and so on", 31);
  send_with_hole(
      lost + data(1, jpeg) + client.put_headers(3, "/second") + data(3, "no known type at all, but some text"), 3,
      lost.size() - 3);
  const auto objects = session.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[0].not_inspected, NotInspected::kGap) << "there may have been another message";
  EXPECT_EQ(objects[1].bytes, jpeg);
  EXPECT_FALSE(objects[1].not_inspected) << "its own bytes tell what it is";
  EXPECT_EQ(objects[2].bytes, "no known type at all, but some text");
  EXPECT_EQ(objects[2].not_inspected, NotInspected::kUnknownCoding);
}

TEST_F(Http2LossTest, OfABeginningWithItsHeadNothingIsCalledWhole) {
  const std::string lost = client.put_headers(1, "/lost") + data(1, std::string(500, 'a'), 0);
  session.client(kH2Preface);
  send_with_hole(lost + data(1, std::string(100, 'b'), 0) + data(1, "and the rest") + client.put_headers(3, "/next") +
                     data(3, "next"),
                 0, lost.size());
  const auto objects = session.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[1].bytes, std::string(100, 'b') + "and the rest");
  EXPECT_EQ(objects[1].reason, EndReason::kFramingError) << "it need not begin here";
  EXPECT_EQ(objects[1].not_inspected, NotInspected::kGap);
  EXPECT_EQ(objects[2].bytes, "next");
}

TEST_F(Http2LossTest, InsideOfAHeaderBlockOnlyFieldsAreUnknown) {
  const std::string head = client.put_headers(1, "/cut", {{"x-long", std::string(100, 'x')}});
  session.client(kH2Preface);
  send_with_hole(head + data(1, "GIF89a and more than thirty-two bytes"), head.size() - 20, 10);
  const auto objects = session.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_EQ(objects[0].facts.path, "/cut");
  EXPECT_EQ(objects[0].bytes, "GIF89a and more than thirty-two bytes");
}

TEST_F(Http2LossTest, AMissedStartIsFoundByTheFrames) {
  session.midstream = true;
  client.put("/before");
  session.client(std::string(5000, 'x') + std::string("\0\0\7", 3) + data(9, "GIF89a, thirty-two bytes or more") +
                 client.put_headers(11, "/later") +
                 data(11, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nin a form\r\n--B--"));
  const auto run = session.play_all();
  const auto objects = run->sink.objects();
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[0].passed, 5003U) << "of which nobody knows what they are";
  EXPECT_EQ(objects[0].not_inspected, NotInspected::kGap);
  EXPECT_EQ(objects[1].bytes, "GIF89a, thirty-two bytes or more");
  EXPECT_EQ(objects[2].bytes, "in a form");
  EXPECT_EQ(run->stats.unparsed_bytes.value(), 5003U);
}

TEST_F(Http2LossTest, AClientWithoutItsPrefaceIsLookedForToo) {
  session.client("PRI * HTTP/2.0\r\n\r\nXX" + client.put_headers(1, "/x") + data(1, "body"));
  const auto objects = session.play_all()->sink.objects();
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_GT(objects[0].passed, 0U) << "the broken preface";
  EXPECT_EQ(objects[1].facts.path, "/x");
  EXPECT_EQ(objects[1].bytes, "body");
}

TEST_F(Http2LossTest, NothingIsFoundInNoise) {
  session.midstream = true;
  std::string noise;
  std::uint32_t state = 1;
  for (int i = 0; i < 200000; ++i) {
    state = state * 1664525U + 1013904223U;
    noise.push_back(static_cast<char>(state >> 24));
  }
  session.client(noise);
  const auto run = session.play(0);
  ASSERT_EQ(run->sink.objects().size(), 1U);
  EXPECT_EQ(run->sink.objects()[0].bytes, "");
  EXPECT_EQ(run->sink.objects()[0].passed, noise.size());
  EXPECT_EQ(run->sink.objects()[0].not_inspected, NotInspected::kGap);
  EXPECT_EQ(run->stats.unparsed_bytes.value(), noise.size());
}

}  // namespace
}  // namespace sallyport::http2
