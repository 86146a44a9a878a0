#include "daemon/app/signal_source.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>

namespace sallyport {
namespace {

TEST(SignalSource, SignalsBecomeReadable) {
  auto signals = SignalSource::open({SIGHUP, SIGUSR1});
  ASSERT_TRUE(signals) << signals.error().message;
  EXPECT_EQ(signals->next(), std::nullopt);
  ASSERT_EQ(::pthread_kill(::pthread_self(), SIGHUP), 0);
  pollfd waiting{signals->fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&waiting, 1, -1), 1);
  EXPECT_EQ(signals->next(), SIGHUP);
  EXPECT_EQ(signals->next(), std::nullopt);
}

}  // namespace
}  // namespace sallyport
