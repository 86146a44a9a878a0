// One sallyport-worker child process and the socket to it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"

namespace sallyport {

/// sallyport-worker beside the running program (a build tree), else where it is installed.
std::string default_worker_program();

struct WorkerCommand {
  std::string program;                 ///< absolute path of sallyport-worker
  std::vector<std::string> arguments;  ///< as in sallyport-worker(8), without the program name
};

/// How a worker ended. Only kStopped is our own doing.
enum class WorkerExit {
  kExited,     ///< it returned by itself: it could not set up its sandbox, or its socket broke
  kSignalled,  ///< a crash, or the kernel's out-of-memory killer
  kViolation,  ///< the seccomp filter killed it (SIGSYS): it tried what a worker never does
  kStopped,    ///< killed by stop()
};

/// Owns the child: destruction kills and reaps it. One thread.
class WorkerProcess {
 public:
  /// Starts the child with one end of a SOCK_SEQPACKET pair as its descriptor 3 and nothing else of ours. It says Hello
  /// on socket() when it is in its sandbox; until then it must not be sent anything.
  static Result<WorkerProcess> start(const WorkerCommand& command);

  WorkerProcess(WorkerProcess&&) noexcept = default;
  WorkerProcess& operator=(WorkerProcess&& other) noexcept;
  ~WorkerProcess() { stop(); }

  int socket() const { return socket_.get(); }
  pid_t pid() const { return pid_; }
  /// Kills it if it still runs after `grace`, and reaps it. A dying process closes its socket a moment before it can be
  /// reaped: give that moment to tell a crash from a kill.
  WorkerExit stop(std::chrono::milliseconds grace = {});

 private:
  WorkerProcess(UniqueFd socket, UniqueFd pidfd, pid_t pid)
      : socket_(std::move(socket)), pidfd_(std::move(pidfd)), pid_(pid) {}

  UniqueFd socket_;
  UniqueFd pidfd_;  // not the number: a number can be given to another process once the child is gone
  pid_t pid_ = 0;
};

}  // namespace sallyport
