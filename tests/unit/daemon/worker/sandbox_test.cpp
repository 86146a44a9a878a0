// Every case runs in a child process, inside the sandbox, and tries something: what the sandbox says it does is what
// happens.
#include "daemon/worker/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>

#include "daemon/worker/sandbox_layers.h"

namespace sallyport {
namespace {

constexpr int kSetupFailed = 99;
constexpr std::uint64_t kMemory = std::uint64_t{256} << 20;

/// Runs `act` in a forked child; gives waitpid's status.
int status_of(const std::function<int()>& act) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(act());
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

/// The same behind the whole sandbox.
int status_in_sandbox(const std::function<int(int)>& act) {
  return status_of([&] {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return kSetupFailed;
    const auto layers = enter_sandbox({pair[0], kMemory});
    return layers ? act(pair[0]) : kSetupFailed;
  });
}

void expect_killed(const std::function<int(int)>& act) {
  const int status = status_in_sandbox(act);
  EXPECT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

void expect_exit(int status, int wanted) {
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), wanted);
}

TEST(Sandbox, ComputingAndAllocatingGoOn) {
  expect_exit(status_in_sandbox([](int) {
                std::vector<std::string> blocks;
                for (std::size_t size = 16; size < (1U << 24); size *= 2) blocks.emplace_back(size, 'x');
                return blocks.back().back() == 'x' ? 7 : 8;
              }),
              7);
}

TEST(Sandbox, TheChannelWorks) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
  const int status = status_of([&] {
    if (!enter_sandbox({pair[0], kMemory})) return kSetupFailed;
    iovec vector{const_cast<char*>("hello"), 5};
    msghdr header{};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    return static_cast<int>(::sendmsg(pair[0], &header, MSG_NOSIGNAL));
  });
  expect_exit(status, 5);
  char received[8];
  EXPECT_EQ(::recv(pair[1], received, sizeof received, MSG_DONTWAIT), 5);
  ::close(pair[0]);
  ::close(pair[1]);
}

TEST(Sandbox, OpeningAFileKills) {
  expect_killed([](int) { return ::open("/etc/passwd", O_RDONLY | O_CLOEXEC); });
}
TEST(Sandbox, ASocketKills) {
  expect_killed([](int) { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); });
}
TEST(Sandbox, ConnectingTheChannelKills) {
  expect_killed([](int channel) {
    const sockaddr address{AF_UNIX, {}};
    return ::connect(channel, &address, sizeof address);
  });
}
TEST(Sandbox, ForkKills) {
  expect_killed([](int) { return static_cast<int>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); });
}
TEST(Sandbox, ExecKills) {
  expect_killed([](int) {
    char* const none[] = {nullptr};
    return ::execve("/bin/true", none, none);
  });
}
TEST(Sandbox, PtraceKills) {
  expect_killed([](int) { return static_cast<int>(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); });
}
TEST(Sandbox, SignallingAnotherProcessKills) {
  expect_killed([](int) { return ::kill(::getppid(), 0); });
}
TEST(Sandbox, ExecutableMemoryKills) {
  expect_killed([](int) {
    ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return 0;
  });
}
TEST(Sandbox, MakingMemoryExecutableKills) {
  expect_killed([](int) {
    void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return ::mprotect(page, 4096, PROT_READ | PROT_EXEC);
  });
}
TEST(Sandbox, SettingFileFlagsKills) {
  expect_killed([](int channel) { return ::fcntl(channel, F_SETFL, O_NONBLOCK); });
}
TEST(Sandbox, ReadingTheChannelOtherThanByMessagesKills) {
  expect_killed([](int channel) {
    char byte = 0;
    return static_cast<int>(::read(channel, &byte, 1));
  });
}
TEST(Sandbox, WritingElsewhereThanStderrKills) {
  expect_killed([](int channel) { return static_cast<int>(::write(channel, "x", 1)); });
}
TEST(Sandbox, PrctlKills) {
  expect_killed([](int) { return ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); });
}
TEST(Sandbox, AbortIsACrashNotAViolation) {
  const int status = status_in_sandbox([](int) -> int { std::abort(); });
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGABRT);
}

TEST(Sandbox, MandatoryLayersAreNamed) {
  expect_exit(status_of([] {
                int pair[2];
                if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return kSetupFailed;
                const auto layers = enter_sandbox({pair[0], kMemory});
                if (!layers) return kSetupFailed;
                const auto has = [&](const char* layer) {
                  return std::find(layers->begin(), layers->end(), layer) != layers->end();
                };
                return has("no_new_privs") && has("seccomp") && has("no_capabilities") && has("resource_limits") ? 0
                                                                                                                 : 1;
              }),
              0);
}

TEST(Sandbox, AChannelBelowThreeIsRefused) {
  expect_exit(status_of([] { return enter_sandbox({1, kMemory}) ? 0 : 1; }), 1);
}

// The layers below the filter, each alone.

TEST(SandboxLayers, OnlyTheChannelStaysOpen) {
  expect_exit(status_of([] {
                const int channel = ::fcntl(STDERR_FILENO, F_DUPFD, 40);
                const int below = ::fcntl(STDERR_FILENO, F_DUPFD, 20);
                const int above = ::fcntl(STDERR_FILENO, F_DUPFD, 60);
                if (!keep_only_channel(channel)) return kSetupFailed;
                const auto is_open = [](int fd) { return ::fcntl(fd, F_GETFD) >= 0; };
                return is_open(channel) && is_open(2) && !is_open(below) && !is_open(above) && !is_open(3) ? 0 : 1;
              }),
              0);
}

TEST(SandboxLayers, TheRootIsEmptyAndReadOnly) {
  std::vector<std::string> probe;
  const int status = status_of([&] {
    std::vector<std::string> layers;
    enter_namespaces(layers);
    if (!empty_root(layers)) return kSetupFailed;
    if (layers.empty() || layers.back() != "empty_root") return 77;
    const bool old_root_gone =
        ::access("/etc", F_OK) != 0 && ::access("/proc/self", F_OK) != 0 && ::access("/../etc", F_OK) != 0;
    const bool read_only = ::open("/new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 && ::mkdir("/new", 0700) != 0;
    return old_root_gone && read_only ? 0 : 1;
  });
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "namespaces are not permitted here";
  expect_exit(status, 0);
}

TEST(SandboxLayers, TheNetworkIsEmpty) {
  const int status = status_of([] {
    std::vector<std::string> layers;
    enter_namespaces(layers);
    if (layers.empty()) return 77;
    std::ifstream devices("/proc/self/net/dev");
    int lines = 0;
    for (std::string line; std::getline(devices, line);) ++lines;
    return lines;
  });
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "namespaces are not permitted here";
  expect_exit(status, 3);  // two of heading, and lo
}

TEST(SandboxLayers, LandlockDeniesFiles) {
  const int status = status_of([] {
    std::vector<std::string> layers;
    if (!forbid_new_privileges(layers)) return kSetupFailed;
    deny_files(layers);
    if (layers.back() != "landlock") return 77;
    return ::open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES ? 0 : 1;
  });
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "this kernel has no Landlock";
  expect_exit(status, 0);
}

TEST(SandboxLayers, NoCapabilityIsLeft) {
  expect_exit(status_of([] {
                std::vector<std::string> layers;
                if (!drop_user(layers) || !drop_capabilities(layers)) return kSetupFailed;
                std::ifstream status("/proc/self/status");
                for (std::string line; std::getline(status, line);) {
                  const bool set =
                      line.starts_with("CapEff") || line.starts_with("CapPrm") || line.starts_with("CapAmb");
                  if (set && line.find_first_not_of("0", line.find('\t') + 1) != std::string::npos) return 1;
                }
                return ::geteuid() == 0 ? 2 : 0;
              }),
              0);
}

TEST(SandboxLayers, NoFileNoCoreNoChild) {
  expect_exit(status_of([] {
                std::vector<std::string> layers;
                if (!set_resource_limits(3, kMemory, layers)) return kSetupFailed;
                for (const auto resource : {RLIMIT_FSIZE, RLIMIT_CORE, RLIMIT_NPROC}) {
                  rlimit limit{};
                  ::getrlimit(resource, &limit);
                  if (limit.rlim_cur != 0 || limit.rlim_max != 0) return 1;
                }
                return 0;
              }),
              0);
}

TEST(SandboxLayers, AddressSpaceIsBounded) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer needs terabytes of addresses";
#endif
  expect_exit(status_of([] {
                std::vector<std::string> layers;
                if (!set_resource_limits(3, kMemory, layers)) return kSetupFailed;
                const auto can_map = [](std::size_t size) {
                  return ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
                         MAP_FAILED;
                };
                return can_map(kMemory / 2) && !can_map(kMemory) ? 0 : 1;
              }),
              0);
}

TEST(SandboxLayers, DiesWithItsParentAndCannotBeTraced) {
  expect_exit(status_of([] {
                if (!tie_to_parent()) return kSetupFailed;
                int signal = 0;
                ::prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0);
                return signal == SIGKILL && ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0 ? 0 : 1;
              }),
              0);
}

}  // namespace
}  // namespace sallyport
