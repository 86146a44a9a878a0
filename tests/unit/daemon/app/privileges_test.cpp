#include "daemon/app/privileges.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace sallyport {
namespace {

/// Dropping cannot be undone: it happens in a child, whose checks become its exit status. 0: all held.
int in_child(const std::function<int()>& run) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(run());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class DropPrivileges : public testing::Test {
 protected:
  void SetUp() override {
    if (::getuid() != 0) GTEST_SKIP() << "needs root to have something to drop";
  }
};

TEST_F(DropPrivileges, KeepsOneCapabilityAndTheWayBackIsClosed) {
  EXPECT_EQ(in_child([] {
              const auto now = drop_privileges({"nobody", {Capability::kNetRaw}});
              if (!now) return 1;
              if (now->uid != ::getpwnam("nobody")->pw_uid || ::geteuid() == 0 || ::getegid() == 0) return 2;
              if (now->capabilities != std::vector<std::string>{"cap_net_raw"}) return 3;
              if (::setuid(0) == 0 || ::setgid(0) == 0) return 4;
              if (::getgroups(0, nullptr) != 0) return 5;
              if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return 6;
              if (::prctl(PR_CAPBSET_READ, 0, 0, 0, 0) != 0) return 7;
              return 0;
            }),
            0);
}

TEST_F(DropPrivileges, KeepsNothingWhereNothingIsNeeded) {
  EXPECT_EQ(in_child([] {
              const auto now = drop_privileges({"nobody", {}});
              return now && now->capabilities.empty() ? 0 : 1;
            }),
            0);
}

TEST_F(DropPrivileges, AnOrdinaryUserWithoutTheCapabilityDoesNotStart) {
  EXPECT_EQ(in_child([] {
              if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) return 1;
              const auto now = drop_privileges({"nobody", {Capability::kNetAdmin}});
              if (now) return 2;
              return now.error().message.find("cap_net_admin") == std::string::npos ? 3 : 0;
            }),
            0);
}

TEST_F(DropPrivileges, RefusesRootAndUnknownUsers) {
  const auto refuses = [](const char* user) {
    return in_child([user] { return drop_privileges({user, {}}) ? 1 : 0; });
  };
  EXPECT_EQ(refuses("root"), 0);
  EXPECT_EQ(refuses("no_such_user_here"), 0);
}

}  // namespace
}  // namespace sallyport
