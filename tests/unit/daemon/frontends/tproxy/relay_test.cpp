#include "daemon/frontends/tproxy/relay.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <string>

namespace sallyport {
namespace {

constexpr Direction kUp = Direction::kClientToServer;
constexpr Direction kDown = Direction::kServerToClient;

/// Logs what it hears, and does what a case wants while it hears it.
class ScriptedEntry : public StreamEntry {
 public:
  std::string log;
  std::function<void(Direction, Bytes)> when_bytes;
  std::function<void(Direction)> when_full;

  Interest on_open(const Flow&) override { return Interest::kContent; }
  void on_bytes(FlowId, Direction direction, std::uint64_t offset, Bytes bytes, Timestamp) override {
    if (bytes.size() < 100) log += name(direction) + std::to_string(offset) + " " + std::string(as_text(bytes)) + "\n";
    if (when_bytes) when_bytes(direction, bytes);
  }
  void on_gap(FlowId, Direction, std::uint64_t, std::uint64_t, Timestamp) override {}
  void on_conflict(FlowId, Direction, std::uint64_t, Bytes, Timestamp) override {}
  void on_quiet(FlowId) override { log += "quiet\n"; }
  void on_half_close(FlowId, Direction direction, Timestamp) override { log += name(direction) + "end\n"; }
  void on_close(FlowId, CloseReason reason, Timestamp) override {
    log += reason == CloseReason::kFinished ? "finished\n" : "broken\n";
  }
  void on_hold_full(FlowId, Direction direction, Timestamp) override {
    log += name(direction) + "full\n";
    if (when_full) when_full(direction);
  }
  void on_tick(Timestamp) override {}
  int wake_fd() const override { return -1; }
  void on_end(Timestamp) override {}

 private:
  static std::string name(Direction direction) { return direction == kUp ? "up " : "down "; }
};

class RelayTest : public testing::Test {
 protected:
  RelayTest() : buffer_(65536) { config_.held_connection_bytes_max = 1'000'000; }

  void open(bool is_watched = true) {
    std::array<int, 2> client{}, server{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, client.data()), 0);
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, server.data()), 0);
    client_.reset(client[0]);
    server_.reset(server[0]);
    Flow flow;
    flow.id = FlowId{1};
    relay = std::make_shared<Relay>(context_, flow, UniqueFd(client[1]), UniqueFd(server[1]));
    relay->start(is_watched);
    work();
  }
  /// Runs all that can be done now.
  void work() {
    io_.restart();
    while (io_.poll() > 0) {
    }
  }
  void client_sends(const std::string& text) { send(client_, text); }
  void server_sends(const std::string& text) { send(server_, text); }
  std::string client_gets() { return receive(client_); }
  std::string server_gets() { return receive(server_); }
  static bool is_at_end(const UniqueFd& socket) {
    char byte = 0;
    return ::recv(socket.get(), &byte, 1, 0) == 0;
  }
  void close_writing(const UniqueFd& socket) {
    ::shutdown(socket.get(), SHUT_WR);
    work();
  }
  /// Sends `size` bytes one way and reads them at the other end; gives what came.
  std::string pump(const UniqueFd& from, const UniqueFd& to, const std::string& text) {
    std::string got;
    for (std::size_t sent = 0; got.size() < text.size();) {
      const ssize_t now = ::send(from.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (now > 0) sent += static_cast<std::size_t>(now);
      work();
      const std::string piece = receive(to);
      if (piece.empty() && now <= 0) break;
      got += piece;
    }
    return got;
  }

  boost::asio::io_context io_;
  ScriptedEntry entry;
  TproxyConfig config_;
  TproxyStats stats_;
  FrontendStats read_stats_;
  std::vector<std::byte> buffer_;
  RelayContext context_{io_, entry, config_, stats_, read_stats_, buffer_, [] { return Timestamp(); }};
  UniqueFd client_, server_;
  std::shared_ptr<Relay> relay;

 private:
  void send(const UniqueFd& socket, const std::string& text) {
    ASSERT_EQ(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    work();
  }
  static std::string receive(const UniqueFd& socket) {
    std::string all;
    char piece[65536];
    for (ssize_t got = 0; (got = ::recv(socket.get(), piece, sizeof piece, 0)) > 0;)
      all.append(piece, static_cast<std::size_t>(got));
    return all;
  }
};

TEST_F(RelayTest, BytesGoThroughAndAreToldOf) {
  open();
  client_sends("ask");
  server_sends("answer");
  client_sends("again");
  EXPECT_EQ(server_gets(), "askagain");
  EXPECT_EQ(client_gets(), "answer");
  EXPECT_EQ(entry.log, "up 0 ask\ndown 0 answer\nup 3 again\n");
}

TEST_F(RelayTest, WhatIsHeldWhileItIsHandedInDoesNotLeave) {
  open();
  entry.when_bytes = [this](Direction direction, Bytes) { relay->hold(direction); };
  client_sends("secret");
  client_sends(" and more");
  EXPECT_EQ(server_gets(), "");
  EXPECT_EQ(stats_.held_bytes.value(), 15U);
  server_sends("the other way");
  relay->release(kDown);
  EXPECT_EQ(client_gets(), "the other way");
  entry.when_bytes = nullptr;
  relay->release(kUp);
  EXPECT_EQ(server_gets(), "secret and more");
  EXPECT_EQ(stats_.held_bytes.value(), 0U);
}

TEST_F(RelayTest, AHeldEndFollowsTheBytesBeforeIt) {
  open();
  relay->hold(kUp);
  client_sends("body");
  close_writing(client_);
  EXPECT_EQ(server_gets(), "");
  EXPECT_FALSE(is_at_end(server_));
  relay->release(kUp);
  EXPECT_EQ(server_gets(), "body");
  EXPECT_TRUE(is_at_end(server_));
  server_sends("late answer");
  EXPECT_EQ(client_gets(), "late answer");
  close_writing(server_);
  EXPECT_TRUE(relay->is_over());
  EXPECT_EQ(entry.log, "up 0 body\nup end\ndown 0 late answer\ndown end\nfinished\n");
}

TEST_F(RelayTest, ASlowReceiverStopsTheSender) {
  open();
  const std::string piece(65536, 'x');
  std::size_t sent = 0;
  for (ssize_t now = 0; (now = ::send(client_.get(), piece.data(), piece.size(), MSG_NOSIGNAL)) > 0; work())
    sent += static_cast<std::size_t>(now);
  EXPECT_LT(sent, 4'000'000U);
  std::string got;
  for (std::string more = server_gets(); !more.empty(); more = server_gets()) {
    got += more;
    work();
  }
  EXPECT_EQ(got, std::string(sent, 'x'));
}

TEST_F(RelayTest, DroppedBytesNeverLeave) {
  open();
  entry.when_bytes = [this](Direction, Bytes) { relay->drop(); };
  client_sends("secret");
  EXPECT_TRUE(relay->is_over());
  EXPECT_EQ(server_gets(), "");
  EXPECT_TRUE(is_at_end(server_));
  EXPECT_EQ(entry.log, "up 0 secret\n");
}

TEST_F(RelayTest, AnAnswerTakesThePlaceOfWhatIsWithheld) {
  open();
  server_sends("earlier ");
  entry.when_bytes = [this](Direction direction, Bytes) { relay->hold(direction); };
  server_sends("rest of it, the picture");
  EXPECT_FALSE(relay->answer(kDown, 7, as_byte_span("page"))) << "a byte of it was let go";
  ASSERT_TRUE(relay->answer(kDown, 20, as_byte_span("page")));
  relay->drop();
  work();
  EXPECT_EQ(client_gets(), "earlier rest of it, page");
  EXPECT_TRUE(is_at_end(client_));
  EXPECT_FALSE(relay->is_over()) << "the client may still be sending: a reset would destroy the page";
  ::send(client_.get(), "rest", 4, MSG_NOSIGNAL);
  close_writing(client_);
  EXPECT_TRUE(relay->is_over());
}

TEST_F(RelayTest, WhereThereIsNoRoomSomebodyDecides) {
  open();
  relay->hold(kUp);
  entry.when_full = [this](Direction direction) { relay->release(direction); };
  const std::string text(1'200'000, 'y');
  EXPECT_EQ(pump(client_, server_, text), text);
  EXPECT_EQ(entry.log, "up full\n");
}

TEST_F(RelayTest, WhereNobodyDecidesNothingLeaves) {
  open();
  relay->hold(kUp);
  EXPECT_EQ(pump(client_, server_, std::string(1'200'000, 'y')), "");
  EXPECT_TRUE(relay->is_over());
  EXPECT_EQ(stats_.hold_overflows.value(), 1U);
}

TEST_F(RelayTest, WhatIsOfNoInterestIsNotRead) {
  open(false);
  std::string text(3'000'000, ' ');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 31 + i / 1021);
  EXPECT_EQ(pump(client_, server_, text), text);
  EXPECT_EQ(pump(server_, client_, text), text);
  close_writing(client_);
  EXPECT_TRUE(is_at_end(server_));
  close_writing(server_);
  EXPECT_TRUE(is_at_end(client_));
  EXPECT_TRUE(relay->is_over());
  EXPECT_EQ(entry.log, "");
}

TEST_F(RelayTest, SilenceIsToldOnce) {
  open();
  relay->tell_quiet();
  relay->tell_quiet();
  client_sends("x");
  relay->tell_quiet();
  EXPECT_EQ(entry.log, "quiet\nup 0 x\nquiet\n");
}

}  // namespace
}  // namespace sallyport
