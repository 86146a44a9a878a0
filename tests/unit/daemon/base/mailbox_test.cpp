#include "daemon/base/mailbox.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

namespace sallyport {
namespace {

bool is_readable(int fd) {
  pollfd poll_fd{fd, POLLIN, 0};
  return ::poll(&poll_fd, 1, 0) == 1;
}

TEST(Mailbox, WakesAndRunsInOrder) {
  Mailbox mailbox;
  EXPECT_FALSE(is_readable(mailbox.wake_fd()));
  std::string order;
  std::thread([&] {
    mailbox.post([&] { order += 'a'; });
    mailbox.post([&] { order += 'b'; });
  }).join();
  EXPECT_TRUE(is_readable(mailbox.wake_fd()));
  mailbox.run();
  EXPECT_EQ(order, "ab");
  EXPECT_FALSE(is_readable(mailbox.wake_fd()));
}

TEST(Mailbox, WorkPostedByWorkRunsNextTime) {
  Mailbox mailbox;
  int runs = 0;
  mailbox.post([&] { mailbox.post([&] { ++runs; }); });
  mailbox.run();
  EXPECT_EQ(runs, 0);
  EXPECT_TRUE(is_readable(mailbox.wake_fd()));
  mailbox.run();
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace sallyport
