#include "daemon/protocols/http2/http2_recognition.h"

#include <gtest/gtest.h>

#include "tests/support/http2_builder.h"

namespace sallyport::http2 {
namespace {

using test::h2_frame;
constexpr Direction kUp = Direction::kClientToServer;
constexpr Direction kDown = Direction::kServerToClient;

Recognition judge(Direction direction, const std::string& text) {
  return recognise_http2(direction, as_byte_span(text));
}

TEST(Http2Recognition, ThePrefaceOfAClient) {
  EXPECT_EQ(judge(kUp, "P"), Recognition::kMaybe);
  EXPECT_EQ(judge(kUp, test::kH2Preface), Recognition::kYes);
  EXPECT_EQ(judge(kUp, "PRI * HTTP/2.0\r\n\r\nXX"), Recognition::kNo);
  EXPECT_EQ(judge(kUp, "POST / HTTP/1.1\r\n"), Recognition::kNo);
  EXPECT_EQ(judge(kDown, test::kH2Preface), Recognition::kNo);
}

TEST(Http2Recognition, ControlFramesOfEitherSide) {
  EXPECT_EQ(judge(kDown, h2_frame(test::kH2Settings, 0, std::string(12, '\0'))), Recognition::kYes);
  EXPECT_EQ(judge(kUp, h2_frame(test::kH2WindowUpdate, 5, std::string("\0\0\1\0", 4))), Recognition::kYes);
}

TEST(Http2Recognition, TwoFramesOneBehindTheOther) {
  const std::string data = h2_frame(test::kH2Data, 5, std::string(100, 'd'));
  EXPECT_EQ(judge(kUp, data), Recognition::kMaybe);
  EXPECT_EQ(judge(kUp, data + data), Recognition::kYes);
  EXPECT_EQ(judge(kUp, data + std::string(9, 'x')), Recognition::kNo);
}

TEST(Http2Recognition, AnAnswerStaysTheSameForEveryLongerPrefix) {
  for (const std::string& text :
       {test::kH2Preface + h2_frame(test::kH2Settings, 0, ""), h2_frame(test::kH2Settings, 0, "123456"),
        h2_frame(test::kH2Data, 5, "abc") + h2_frame(test::kH2Data, 5, "abc"),
        std::string("\0\0\0\x48\xfeSMB@\0\0\0", 12)}) {
    Recognition before = Recognition::kMaybe;
    for (std::size_t size = 1; size <= text.size(); ++size) {
      const Recognition now = judge(kUp, text.substr(0, size));
      if (before != Recognition::kMaybe) {
        EXPECT_EQ(now, before) << size;
      }
      before = now;
    }
  }
}

TEST(Http2Recognition, OtherProtocolsAreNot) {
  EXPECT_EQ(judge(kUp, std::string("\0\0\0\x48\xfeSMB@\0\0\0", 12)), Recognition::kNo);
  EXPECT_EQ(judge(kDown, "HTTP/1.1 200 OK\r\n"), Recognition::kNo);
  EXPECT_EQ(judge(kUp, std::string("\x16\x03\x01\x02\0\1\0\1\xfc\3\3", 11)), Recognition::kNo);
}

}  // namespace
}  // namespace sallyport::http2
