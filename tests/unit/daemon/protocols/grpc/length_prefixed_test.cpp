#include "daemon/protocols/grpc/length_prefixed.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/feed_all_ways.h"
#include "tests/support/protobuf_builder.h"

namespace sallyport::grpc {
namespace {

class Log : public MessageHandler {
 public:
  void message_begin(std::uint8_t flags, std::uint32_t size) override {
    text += "[" + std::to_string(flags) + " " + std::to_string(size) + " ";
  }
  void message_bytes(Bytes bytes) override { text += as_text(bytes); }
  void message_lost(std::uint64_t size) override { text += "(" + std::to_string(size) + " lost)"; }
  void message_end() override { text += "]"; }
  std::string text;
};

TEST(LengthPrefixed, CutsABodyIntoMessages) {
  const std::string body = test::grpc_message("one") + test::grpc_message("") + test::grpc_message("packed", 1) +
                           test::grpc_message("trailers", '\x80');
  const std::string log = test::feed_all_ways(as_byte_span(body), [](const test::Feeder& feeder) {
    Log told;
    LengthPrefixed framing(told);
    feeder([&](Bytes piece) { framing.push(piece); });
    EXPECT_TRUE(framing.at_boundary());
    EXPECT_FALSE(framing.odd());
    return told.text;
  });
  EXPECT_EQ(log, "[0 3 one][0 0 ][1 6 packed][128 8 trailers]");
}

TEST(LengthPrefixed, GoesOnBehindALossInsideOfAMessage) {
  Log told;
  LengthPrefixed framing(told);
  const std::string body = test::grpc_message("0123456789") + test::grpc_message("next");
  framing.push(as_byte_span(body).first(8));
  EXPECT_TRUE(framing.lose(7));
  framing.push(as_byte_span(body).subspan(15));
  EXPECT_EQ(told.text, "[0 10 012(7 lost)][0 4 next]");
}

TEST(LengthPrefixed, ReadsNothingBehindALostPrefix) {
  Log told;
  LengthPrefixed framing(told);
  framing.push(as_byte_span(test::grpc_message("0123456789")).first(8));
  EXPECT_FALSE(framing.lose(9));
  framing.push(as_byte_span(test::grpc_message("next")));
  EXPECT_EQ(told.text, "[0 10 012(7 lost)]");
}

TEST(LengthPrefixed, ALossOfUnknownSizeEndsIt) {
  Log told;
  LengthPrefixed framing(told);
  EXPECT_FALSE(framing.lose(0));
  framing.push(as_byte_span(test::grpc_message("next")));
  EXPECT_EQ(told.text, "");
}

TEST(LengthPrefixed, FlagsThatDoNotExistAreOdd) {
  Log told;
  LengthPrefixed framing(told);
  framing.push(as_byte_span(std::string("{\"a\":1}")));
  EXPECT_TRUE(framing.odd());
  EXPECT_FALSE(framing.at_boundary());
}

}  // namespace
}  // namespace sallyport::grpc
