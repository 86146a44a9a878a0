// Signals as something to poll: SIGTERM and SIGINT end the daemon, SIGHUP reloads the policy, SIGUSR1 reopens event
// files.
#pragma once

#include <signal.h>

#include <initializer_list>
#include <optional>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"

namespace sallyport {

/// Make it on the main thread before any other thread starts: those inherit the blocked signals. One thread reads it.
class SignalSource {
 public:
  /// Blocks `signals` for this thread and those it will start; signalfd(2).
  static Result<SignalSource> open(std::initializer_list<int> signals);

  /// Readable while a signal waits.
  int fd() const { return fd_.get(); }
  /// The next signal that waits; nothing when none does. Never blocks.
  std::optional<int> next();

 private:
  explicit SignalSource(UniqueFd fd) : fd_(std::move(fd)) {}

  UniqueFd fd_;
};

}  // namespace sallyport
