#include "daemon/app/systemd_notify.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "daemon/app/progress_watchdog.h"
#include "daemon/base/unique_fd.h"
#include "tests/support/temporary_folder.h"

namespace sallyport {
namespace {

/// Stands for systemd.
class NotifySocket {
 public:
  NotifySocket() : path_(folder_.path("notify")), fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~NotifySocket() { ::unsetenv("NOTIFY_SOCKET"); }

  std::string next() {
    char bytes[512];
    const ssize_t count = ::recv(fd_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
    return count < 0 ? "nothing" : std::string(bytes, static_cast<std::size_t>(count));
  }

 private:
  test::TemporaryFolder folder_;
  std::string path_;
  UniqueFd fd_;
};

TEST(SystemdNotify, SendsStates) {
  NotifySocket systemd;
  const SystemdNotify notify;
  notify.ready("3 rules");
  EXPECT_EQ(systemd.next(), "READY=1\nSTATUS=3 rules");
  notify.status("a\nREADY=0");
  EXPECT_EQ(systemd.next(), "STATUS=a READY=0");
  notify.reloading();
  const std::string reloading = systemd.next();
  EXPECT_TRUE(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC=")) << reloading;
  EXPECT_GT(std::stoull(reloading.substr(reloading.rfind('=') + 1)), 0U);
  notify.watchdog();
  EXPECT_EQ(systemd.next(), "WATCHDOG=1");
  notify.stopping();
  EXPECT_EQ(systemd.next(), "STOPPING=1");
}

TEST(SystemdNotify, IsSilentWithoutSystemd) {
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("WATCHDOG_USEC");
  SystemdNotify().ready("up");
  EXPECT_EQ(SystemdNotify().watchdog_interval(), std::nullopt);
}

TEST(SystemdNotify, WatchdogIntervalIsForThisProcessOnly) {
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(SystemdNotify().watchdog_interval(), std::chrono::seconds(30));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(SystemdNotify().watchdog_interval(), std::nullopt);
  ::unsetenv("WATCHDOG_PID");
  ::unsetenv("WATCHDOG_USEC");
}

TEST(ProgressWatchdog, NeedsEveryShardToMove) {
  Counter first;
  Counter second;
  ProgressWatchdog watchdog;
  watchdog.watch("shard 0", first);
  watchdog.watch("shard 1", second);
  first.add();
  EXPECT_FALSE(watchdog.check());
  EXPECT_EQ(watchdog.stuck(), std::vector<std::string>{"shard 1"});
  second.add();
  EXPECT_TRUE(watchdog.check()) << "both have moved since the last good check";
  EXPECT_FALSE(watchdog.check()) << "nobody has moved since";
}

TEST(ProgressWatchdog, WithNothingToWatchNothingIsAlive) {
  EXPECT_FALSE(ProgressWatchdog().check());
}

}  // namespace
}  // namespace sallyport
