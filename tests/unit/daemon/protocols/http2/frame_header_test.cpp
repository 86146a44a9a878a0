#include "daemon/protocols/http2/frame_header.h"

#include <gtest/gtest.h>

#include "tests/support/http2_builder.h"

namespace sallyport::http2 {
namespace {

FrameHeader parse(const std::string& frame) {
  return parse_frame_header(as_byte_span(frame).first(kFrameHeaderBytes));
}
bool plausible(const std::string& frame) {
  return is_plausible(as_byte_span(frame).first(kFrameHeaderBytes));
}

TEST(FrameHeader, IsReadWithTheReservedBitTakenOff) {
  const FrameHeader frame = parse(test::h2_frame(test::kH2Headers, 0x80000005U, std::string(70000, 'x'), 0x25));
  EXPECT_EQ(frame.length, 70000U);
  EXPECT_EQ(frame.type, FrameType::kHeaders);
  EXPECT_EQ(frame.stream, 5U);
  EXPECT_TRUE(frame.has(kEndStream) && frame.has(kEndHeaders) && frame.has(kPriorityFields));
  EXPECT_FALSE(frame.has(kPadded));
  EXPECT_EQ(prefix_bytes(frame), 5U);
}

TEST(FrameHeader, LengthsAndStreamsThatTheRfcForbidsAreNotWellFormed) {
  EXPECT_TRUE(is_well_formed(parse(test::h2_frame(test::kH2Ping, 0, std::string(8, 'p')))));
  EXPECT_FALSE(is_well_formed(parse(test::h2_frame(test::kH2Ping, 0, std::string(7, 'p')))));
  EXPECT_FALSE(is_well_formed(parse(test::h2_frame(test::kH2Ping, 1, std::string(8, 'p')))));
  EXPECT_FALSE(is_well_formed(parse(test::h2_frame(test::kH2Data, 0, "x"))));
  EXPECT_FALSE(is_well_formed(parse(test::h2_frame(test::kH2Settings, 0, "12345"))));
  EXPECT_FALSE(is_well_formed(parse(test::h2_frame(test::kH2RstStream, 1, "12345"))));
  EXPECT_FALSE(is_well_formed(parse(test::h2_frame(test::kH2Headers, 1, "1234", test::kH2Priority))));
  EXPECT_FALSE(is_well_formed(parse(test::h2_frame(10, 1, ""))));
}

TEST(FrameHeader, OtherBytesAreNotPlausible) {
  EXPECT_TRUE(plausible(test::h2_frame(test::kH2Data, 3, std::string(16384, 'd'), test::kH2EndStream)));
  EXPECT_FALSE(plausible(test::h2_frame(test::kH2Data, 3, std::string(16385, 'd'))));
  EXPECT_FALSE(plausible(test::h2_frame(test::kH2Data, 3, "x", 0x40))) << "a flag that is not defined";
  EXPECT_FALSE(plausible(test::h2_frame(test::kH2Data, 0x80000003U, "x")));
  EXPECT_FALSE(plausible(std::string(9, '\0')));
  EXPECT_FALSE(plausible("GET / HTTP/1.1"));
}

}  // namespace
}  // namespace sallyport::http2
