#include "daemon/protocols/http/http_recognition.h"

#include <gtest/gtest.h>

namespace sallyport::http {
namespace {

Recognition client(std::string_view text) {
  return recognise_http1(Direction::kClientToServer, as_byte_span(text));
}
Recognition server(std::string_view text) {
  return recognise_http1(Direction::kServerToClient, as_byte_span(text));
}

TEST(RecogniseHttp1, Clients) {
  EXPECT_EQ(client("GET / HTTP/1.1\r\n"), Recognition::kYes);
  EXPECT_EQ(client("\r\nOWN /x HTTP/1.1\n"), Recognition::kYes);
  EXPECT_EQ(client("GET /x"), Recognition::kMaybe);
  EXPECT_EQ(client(""), Recognition::kMaybe);
  EXPECT_EQ(client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Recognition::kNo);
  EXPECT_EQ(client("EHLO x\r\n"), Recognition::kNo);
  EXPECT_EQ(client("OPTIONS rtsp://x RTSP/1.0\r\n") == Recognition::kNo, false);
  EXPECT_EQ(client(std::string_view("\x00\x00\x00\x85\xffSMB", 8)), Recognition::kNo);
  EXPECT_EQ(client("\x16\x03\x01"), Recognition::kNo);
}

TEST(RecogniseHttp1, Servers) {
  EXPECT_EQ(server("HTTP/1.1 200 OK\r\n"), Recognition::kYes);
  EXPECT_EQ(server("http/1"), Recognition::kYes);
  EXPECT_EQ(server("HTT"), Recognition::kMaybe);
  EXPECT_EQ(server(std::string_view("\0HTTP/1.1 200 OK\r\n", 18)), Recognition::kYes);
  EXPECT_EQ(server("\x16\x03\x03"), Recognition::kNo);
  EXPECT_EQ(server("220 mail.example ESMTP ready to serve you all day long, every day of the year\r\n"),
            Recognition::kNo);
}

}  // namespace
}  // namespace sallyport::http
