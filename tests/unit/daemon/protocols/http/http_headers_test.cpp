#include "daemon/protocols/http/http_headers.h"

#include <gtest/gtest.h>

namespace sallyport::http {
namespace {

std::optional<std::size_t> head_size(std::string_view text, bool at_end = false) {
  return HeadEndFinder().find(text, at_end);
}

TEST(HeadEndFinder, EndsAtAnEmptyLine) {
  EXPECT_EQ(head_size("A: b\r\n\r\nbody"), 8U);
  EXPECT_EQ(head_size("A: b\n\nbody"), 6U);
  EXPECT_EQ(head_size("A: b\r\n"), std::nullopt);
  EXPECT_EQ(head_size("\r\nbody"), 2U);
}

TEST(HeadEndFinder, LooksBehindABlankLine) {
  EXPECT_EQ(head_size("A: b\n \nB: c\n\nx"), 13U);
  EXPECT_EQ(head_size("A: b\n \nbody?"), 7U);
  EXPECT_EQ(head_size("A: b\n \nbody"), std::nullopt);
  EXPECT_EQ(head_size("A: b\n \nbody", true), 7U);
  EXPECT_EQ(head_size("A: b\n\r\r\n\xff"), 8U);
}

TEST(HeadEndFinder, ARunOfCarriageReturnsEndsAHeadOfBareCarriageReturns) {
  EXPECT_EQ(head_size("A: b\rB: c\r\r\xff\xfe"), 11U);
  EXPECT_EQ(head_size("A: b\r\rB: c\r\n\r\n"), 14U);
}

TEST(HeadEndFinder, GivesTheSamePlaceByteByByte) {
  for (const std::string_view text :
       {"A: b\r\r\nB: c\r\n\r\nx", "A: b\n\t\n\x01", "A: b\r\r\x80z", "A\r\n :\r\n b\r\n\r\n"}) {
    HeadEndFinder finder;
    std::optional<std::size_t> found;
    for (std::size_t size = 1; size <= text.size() && !found; ++size) found = finder.find(text.substr(0, size), false);
    EXPECT_EQ(found, head_size(text)) << text;
  }
}

TEST(ParseHead, JoinsContinuationLines) {
  const Head head = parse_head("GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n", true);
  EXPECT_EQ(head.start_line, "GET / HTTP/1.1");
  EXPECT_EQ(head.value("a"), "b c");
}

TEST(ParseHead, CleansNamesAndSaysSo) {
  const Head odd = parse_head(std::string_view("Content\0-Length\t:: 5\r\nPlain: x\r\n", 32), false);
  ASSERT_NE(odd.find("content-length"), nullptr);
  EXPECT_EQ(odd.value("content-length"), "5");
  EXPECT_TRUE(odd.find("content-length")->odd);
  EXPECT_FALSE(odd.find("plain")->odd);
  EXPECT_EQ(odd.find("nothing"), nullptr);
}

TEST(ParseHead, AFieldInsideAnotherIsDoubtful) {
  const Head head = parse_head("X: a\r\n Transfer-Encoding: chunked\r\nY: b\rConnection: close\r\n", false);
  ASSERT_NE(head.find("transfer-encoding"), nullptr);
  EXPECT_TRUE(head.find("transfer-encoding")->doubtful);
  EXPECT_TRUE(head.find("connection")->doubtful);
  EXPECT_EQ(head.value("x"), "a Transfer-Encoding: chunked");
}

TEST(ParseHead, ABareCarriageReturnBeforeNoFieldIsWhiteSpace) {
  EXPECT_EQ(parse_head("Content-Encoding:\r gzip\r\n", false).value("content-encoding"), "gzip");
}

}  // namespace
}  // namespace sallyport::http
