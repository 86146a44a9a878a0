#include "daemon/frontends/tproxy/relay_spool.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <string>

namespace sallyport {
namespace {

class RelaySpoolTest : public testing::Test {
 protected:
  RelaySpoolTest() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    near_.reset(ends[0]);
    far_.reset(ends[1]);
  }

  std::string received() {
    std::string all;
    char piece[65536];
    for (ssize_t got = 0; (got = ::recv(far_.get(), piece, sizeof piece, 0)) > 0;)
      all.append(piece, static_cast<std::size_t>(got));
    return all;
  }
  /// Sends and reads until nothing is left.
  std::string drained() {
    std::string all;
    while (spool_.send_to(near_.get()) == RelaySpool::Sent::kBlocked) all += received();
    return all + received();
  }

  static std::string pattern(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 251);
    return text;
  }

  UniqueFd near_, far_;
  RelaySpool spool_;
};

TEST_F(RelaySpoolTest, KeepsOrderInMemoryAndInTheFile) {
  const std::string few = pattern(1000), many = pattern(3'000'000);
  ASSERT_TRUE(spool_.append(as_byte_span(few)));
  ASSERT_TRUE(spool_.append(as_byte_span(many)));
  ASSERT_TRUE(spool_.append(as_byte_span(few)));
  EXPECT_EQ(spool_.size(), 3'002'000U);
  EXPECT_EQ(drained(), few + many + few);
  EXPECT_TRUE(spool_.empty());
}

TEST_F(RelaySpoolTest, MovesToTheFileAfterSomeWasSent) {
  ASSERT_TRUE(spool_.append(as_byte_span(pattern(60'000))));
  ASSERT_NE(spool_.send_to(near_.get()), RelaySpool::Sent::kBroken);
  std::string all = received();
  ASSERT_TRUE(spool_.append(as_byte_span(pattern(500'000))));
  all += drained();
  EXPECT_EQ(all, pattern(60'000) + pattern(500'000));
}

TEST_F(RelaySpoolTest, CutForgetsTheEndWhereverItLies) {
  for (const std::size_t size : {1000U, 200'000U}) {
    ASSERT_TRUE(spool_.append(as_byte_span(pattern(size))));
    spool_.cut(10);
    ASSERT_TRUE(spool_.append(as_byte_span("end")));
    EXPECT_EQ(drained(), pattern(size).substr(0, 10) + "end") << size;
  }
}

TEST_F(RelaySpoolTest, TellsOfABrokenReceiver) {
  ASSERT_TRUE(spool_.append(as_byte_span("x")));
  far_.reset();
  EXPECT_EQ(spool_.send_to(near_.get()), RelaySpool::Sent::kBroken);
}

}  // namespace
}  // namespace sallyport
