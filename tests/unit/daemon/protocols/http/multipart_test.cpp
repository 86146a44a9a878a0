#include "daemon/protocols/http/multipart.h"

#include <gtest/gtest.h>

#include "tests/support/feed_all_ways.h"

namespace sallyport::http {
namespace {

class Parts : public PartHandler {
 public:
  void part_begin(const Head& head) override { log += "[" + std::string(head.value("content-disposition")) + "|"; }
  void part_bytes(Bytes bytes) override { log.append(as_text(bytes)); }
  void part_end() override { log += "]"; }
  std::string log;
};

std::string parse(std::string boundary, std::string_view body) {
  return test::feed_all_ways(as_byte_span(body), [&](const test::Feeder& feed) {
    Parts parts;
    MultipartParser parser(boundary, 1024, parts);
    feed([&](Bytes bytes) { parser.push(bytes); });
    parser.finish();
    return parts.log + (parser.failed() ? " failed:" + std::string(as_text(parser.held())) : "") +
           (parser.odd() ? " odd" : "");
  });
}

TEST(MultipartParser, SplitsParts) {
  EXPECT_EQ(parse("B", "--B\r\nContent-Disposition: x\r\n\r\none\r\n--B\r\n\r\n\r\ntwo\n\r\n--B--\r\n"),
            "[x|one][|\r\ntwo\n]");
}

TEST(MultipartParser, EmptyPartsAndNearDelimiters) {
  EXPECT_EQ(parse("B", "--B\r\n\r\n--B\r\n\r\n\r\n--Bx\r\n--\r\n-\r\n\r\n--B-y\r\n--B--"),
            "[|][|\r\n--Bx\r\n--\r\n-\r\n\r\n--B-y]");
}

TEST(MultipartParser, BareLineFeedsPreambleEpilogue) {
  EXPECT_EQ(parse("B", "pre\n--B \n\nbody\n--B--\nepi"), "[|body]");
}

TEST(MultipartParser, MissingEnds) {
  EXPECT_EQ(parse("B", "--B\r\n\r\nbody"), "[|body] odd");
  EXPECT_EQ(parse("B", "--B\r\n\r\nbody\r\n--B"), "[|body] odd");
  EXPECT_EQ(parse("B", "--B\r\n\r\nbody\r\n-"), "[|body\r\n-] odd");
}

TEST(MultipartParser, AnyNumberOfParts) {
  std::string body;
  for (int i = 0; i < 300; ++i) body += "--B\r\n\r\nx\r\n";
  std::string expected;
  for (int i = 0; i < 300; ++i) expected += "[|x]";
  EXPECT_EQ(parse("B", body + "--B--"), expected);
}

TEST(MultipartParser, WhatIsNoMultipartIsHeldWhole) {
  EXPECT_EQ(parse("B", "no delimiter \r\n--C here"), " failed:no delimiter \r\n--C here");
  EXPECT_EQ(parse("", "no dashes\r\nat all"), " failed:no dashes\r\nat all");
  const std::string large(6000, '\n');
  EXPECT_EQ(parse("B", large + "--B\r\n\r\nx"), " failed:" + large + "--B\r\n\r\nx");
}

TEST(MultipartParser, TheFirstLineIsTheDelimiterWhereNoneIsDeclared) {
  EXPECT_EQ(parse("", "--Q\r\n\r\nv\r\n--Q--"), "[|v] odd");
}

TEST(MultipartParser, AnEndlessPartHeadIsCut) {
  const std::string log = parse("B", "--B\r\nX: " + std::string(3000, 'h') + "\r\n--B--");
  EXPECT_TRUE(log.starts_with("[|h")) << log.substr(0, 40);
}

}  // namespace
}  // namespace sallyport::http
