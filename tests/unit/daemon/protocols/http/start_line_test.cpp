#include "daemon/protocols/http/start_line.h"

#include <gtest/gtest.h>

namespace sallyport::http {
namespace {

TEST(ParseRequestLine, TakesItApart) {
  const auto line = parse_request_line("PUT /a b HTTP/1.0");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->method, "PUT");
  EXPECT_EQ(line->target, "/a b");
  EXPECT_TRUE(line->http10);
  EXPECT_TRUE(line->odd);
  EXPECT_FALSE(parse_request_line("GET / HTTP/1.1")->odd);
  EXPECT_FALSE(parse_request_line("GET /old")->has_version);
  EXPECT_TRUE(parse_request_line("X-OWN-METHOD * HTTP/1.1"));
}

TEST(ParseRequestLine, RefusesOtherProtocols) {
  for (const char* line : {"", "EHLO mail.example", "SSH-2.0-x y", "\x16\x03", "GET",
                           "OPTIONS-LONGER-THAN-ANY-METHOD-THERE-IS / HTTP/1.1"}) {
    EXPECT_FALSE(parse_request_line(line)) << line;
  }
}

TEST(ParseStatusLine, TolerantForms) {
  EXPECT_EQ(parse_status_line("HTTP/1.1 204 No Content").status, 204);
  EXPECT_FALSE(parse_status_line("HTTP/1.1 204 No Content").odd);
  EXPECT_FALSE(parse_status_line("HTTP/1.0 200").odd);
  EXPECT_TRUE(parse_status_line("HTTP/1.0 200").http10);
  EXPECT_EQ(parse_status_line("HTTP/1.1 2040 x").status, 0);
  EXPECT_EQ(parse_status_line("http/1.1\v200\vok").status, 200);
  EXPECT_TRUE(parse_status_line("HTTP/1.1").odd);
}

TEST(FindStart, FindsAPlausibleLine) {
  EXPECT_EQ(find_request("bodyPOST /x HTTP/1.1\r\n"), 4U);
  EXPECT_EQ(find_request("see GETS /x HTTP/1.1\r\n"), std::string_view::npos);
  EXPECT_EQ(find_request("a\nnonsense HTTP/1.1\r\nGET / HTTP/1.1\r\n"), 21U);
  EXPECT_EQ(find_response("HTTP/1.x HTTP/1.1 200 OK"), 9U);
  EXPECT_EQ(find_response("HTTP/1.1 2000"), std::string_view::npos);
}

}  // namespace
}  // namespace sallyport::http
