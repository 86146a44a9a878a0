#include "daemon/cli/http_upload.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "daemon/base/unique_fd.h"

namespace sallyport::cli {
namespace {

TEST(HttpUrl, HasHostPortAndPath) {
  const auto url = parse_http_url("http://gate.example:8080/up");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "gate.example");
  EXPECT_EQ(url->port, "8080");
  EXPECT_EQ(url->path, "/up/");
  EXPECT_EQ(parse_http_url("http://gate.example")->path, "/");
  EXPECT_EQ(parse_http_url("http://gate.example")->port, "80");
  EXPECT_EQ(parse_http_url("http://[2001:db8::1]:81/")->host, "2001:db8::1");
  EXPECT_EQ(parse_http_url("http://[2001:db8::1]:81/")->port, "81");
}

TEST(HttpUrl, SaysWhatIsNone) {
  for (const char* const url : {"https://gate.example/", "gate.example", "http://", "http://:80/", "http://a:b/",
                                "http://user@host/", "http://host/?q=1", "http://host/a b", "http://[::1/"}) {
    const auto parsed = parse_http_url(url);
    EXPECT_FALSE(parsed) << url;
    if (parsed) continue;
    EXPECT_NE(parsed.error().message.find(url), std::string::npos);
  }
}

/// Takes one connection on a free port, reads until the bytes that are expected came, answers and ends.
class OneAnswer {
 public:
  OneAnswer(std::size_t expected, std::string answer) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this, expected, answer = std::move(answer)] { serve(expected, answer); });
  }
  ~OneAnswer() {
    if (thread_.joinable()) thread_.join();
  }

  const std::string& port() const { return port_; }
  const std::string& received() {
    thread_.join();
    return received_;
  }

 private:
  void serve(std::size_t expected, const std::string& answer) {
    const UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
    char part[4096];
    while (received_.find("\r\n\r\n") == std::string::npos ||
           received_.size() - received_.find("\r\n\r\n") - 4 < expected) {
      const ssize_t count = ::recv(peer.get(), part, sizeof part, 0);
      if (count <= 0) return;
      received_.append(part, static_cast<std::size_t>(count));
    }
    ::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  }

  UniqueFd listener_;
  std::string port_;
  std::string received_;
  std::thread thread_;
};

TEST(HttpUpload, SendsTheWholeBodyUnderItsName) {
  const std::string body(100'000, 'x');
  OneAnswer server(body.size(), "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
  const auto url = parse_http_url("http://127.0.0.1:" + server.port() + "/up");
  const auto sent = upload(*url, "a.jpg", as_byte_span(body), std::chrono::seconds(10));
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(sent->status, 201);
  EXPECT_GT(sent->last_byte_sent, Timestamp());
  const std::string& received = server.received();
  EXPECT_TRUE(received.starts_with("POST /up/a.jpg HTTP/1.1\r\nHost: 127.0.0.1:" + server.port() + "\r\n"));
  EXPECT_NE(received.find("\r\nContent-Length: 100000\r\n"), std::string::npos);
  EXPECT_TRUE(received.ends_with("\r\n\r\n" + body));
}

TEST(HttpUpload, AnAnswerThatIsNoneHasNoStatus) {
  OneAnswer server(1, "220 mail.example ESMTP\r\n");
  const auto sent =
      upload(*parse_http_url("http://127.0.0.1:" + server.port()), "a", as_byte_span("x"), std::chrono::seconds(10));
  ASSERT_TRUE(sent) << sent.error().message;
  EXPECT_EQ(sent->status, 0);
}

}  // namespace
}  // namespace sallyport::cli
