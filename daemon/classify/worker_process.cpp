#include "daemon/classify/worker_process.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace sallyport {
namespace {

constexpr int kWorkerSocket = 3;

/// posix_spawn's two attribute objects, freed on every way out.
struct SpawnSetup {
  SpawnSetup() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;

  /// The child starts with default signals: the daemon blocks those it reads from a signalfd.
  void reset_signals() {
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

std::vector<char*> argument_pointers(const WorkerCommand& command) {
  std::vector<char*> pointers{const_cast<char*>(command.program.c_str())};
  for (const std::string& argument : command.arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

std::string default_worker_program() {
  std::error_code error;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / "sallyport-worker";
  return std::filesystem::exists(beside, error) ? beside.string() : SALLYPORT_WORKER_PATH;
}

Result<WorkerProcess> WorkerProcess::start(const WorkerCommand& command) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno("socketpair for a worker");
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  SpawnSetup setup;
  setup.reset_signals();
  // dup2 onto itself would leave close-on-exec set; the actions below handle that case too (POSIX.1-2024).
  ::posix_spawn_file_actions_adddup2(&setup.actions, theirs.get(), kWorkerSocket);
  char* no_environment[] = {nullptr};
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, command.program.c_str(), &setup.actions, &setup.attributes,
                                  argument_pointers(command).data(), no_environment);
  if (error != 0) {
    errno = error;
    return fail_errno("cannot start the worker " + command.program);
  }
  // The child is not reaped before stop(), so its number cannot have been given away yet.
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    const auto failure = fail_errno("pidfd_open");
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return failure;
  }
  return WorkerProcess(std::move(ours), std::move(pidfd), pid);
}

WorkerProcess& WorkerProcess::operator=(WorkerProcess&& other) noexcept {
  stop();
  socket_ = std::move(other.socket_);
  pidfd_ = std::move(other.pidfd_);
  pid_ = other.pid_;
  return *this;
}

WorkerExit WorkerProcess::stop(std::chrono::milliseconds grace) {
  if (!pidfd_) return WorkerExit::kStopped;
  pollfd ended{pidfd_.get(), POLLIN, 0};
  ::poll(&ended, 1, static_cast<int>(grace.count()));
  siginfo_t info{};
  const id_t child = static_cast<id_t>(pidfd_.get());
  const bool had_ended = ::waitid(P_PIDFD, child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
  if (!had_ended) ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  while (::waitid(P_PIDFD, child, &info, WEXITED) != 0 && errno == EINTR) {
  }
  pidfd_.reset();
  socket_.reset();
  if (!had_ended) return WorkerExit::kStopped;
  if (info.si_code == CLD_EXITED) return WorkerExit::kExited;
  return info.si_status == SIGSYS ? WorkerExit::kViolation : WorkerExit::kSignalled;
}

}  // namespace sallyport
