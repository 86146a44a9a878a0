#include "daemon/protocols/http/header_values.h"

#include <gmock/gmock.h>

namespace sallyport::http {
namespace {

using testing::ElementsAre;

TEST(Parameter, ReadsQuotedAndBareValues) {
  EXPECT_EQ(parameter("form-data; name=\"a;b\"; filename=c.png", "name"), "a;b");
  EXPECT_EQ(parameter("form-data; name=\"a;b\"; filename=c.png", "filename"), "c.png");
  EXPECT_EQ(parameter("form-data; NAME=x", "name"), "x");
  EXPECT_EQ(parameter("form-data; filename=\"a\\\"b\\c\"", "filename"), "a\"b\\c");
  EXPECT_EQ(parameter("form-data", "name"), "");
}

TEST(DispositionFileName, PrefersTheExtendedForm) {
  EXPECT_EQ(disposition_file_name("attachment; filename=a; filename*=UTF-8''%e2%82%ac.jpg"), "\u20ac.jpg");
  EXPECT_EQ(disposition_file_name("attachment; filename*=iso-8859-1'en'%A3"), "\u00a3");
  EXPECT_EQ(disposition_file_name("attachment; filename*=broken%41"), "brokenA");
}

TEST(LastPathSegment, LeavesOutTheQuery) {
  EXPECT_EQ(last_path_segment("/a/b%20c.png?d=/e"), "b c.png");
  EXPECT_EQ(last_path_segment("/a/"), "");
}

TEST(BasicUser, NeverGivesThePassword) {
  EXPECT_EQ(basic_user("Basic YWxpY2U6c2VjcmV0"), "alice");
  EXPECT_EQ(basic_user("basic  QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), "Aladdin");
  EXPECT_EQ(basic_user("Basic c2VjcmV0"), "");
  EXPECT_EQ(basic_user("Bearer abc"), "");
}

Codings codings(std::string_view head) {
  return parse_codings(parse_head(head, false), false);
}

TEST(ParseCodings, KeepsTheOrder) {
  const Codings found = codings("Content-Encoding: gzip, br\r\nContent-Encoding: zstd\r\n");
  EXPECT_THAT(found.layers, ElementsAre(Coding::kGzip, Coding::kBrotli, Coding::kZstd));
  EXPECT_FALSE(found.odd);
  EXPECT_FALSE(found.unknown);
}

TEST(ParseCodings, InexactLabelsAreOdd) {
  EXPECT_TRUE(codings("Content-Encoding: gzip x\r\n").odd);
  EXPECT_FALSE(codings("Content-Encoding: gzip x\r\n").unknown);
  EXPECT_THAT(codings("Content-Encoding: \xa0xgzip;\r\n").layers, ElementsAre(Coding::kGzip));
}

TEST(ParseCodings, UnknownCodings) {
  EXPECT_TRUE(codings("Content-Encoding: sdch\r\n").unknown);
  EXPECT_TRUE(codings("Transfer-Encoding: compress\r\n").unknown);
  EXPECT_FALSE(codings("Transfer-Encoding: lalala\r\n").unknown);
  EXPECT_FALSE(codings("Content-Encoding: identity\r\nTransfer-Encoding: chunked\r\n").unknown);
}

}  // namespace
}  // namespace sallyport::http
