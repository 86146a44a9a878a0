// The other end of the control socket, for the sallyport command.
#pragma once

#include <chrono>
#include <string>

#include "daemon/app/control_message.h"
#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"

namespace sallyport {

/// One connection; calls block until the reply or the timeout. One thread. After an error, connect anew.
class ControlClient {
 public:
  static Result<ControlClient> connect(const std::string& path,
                                       std::chrono::milliseconds timeout = std::chrono::seconds(30));

  Result<DaemonStatus> status();
  Result<ReloadOutcome> reload();
  Status reopen_logs();
  /// Lets a rule block again whose breaker has tripped.
  Status rearm(const std::string& rule);
  Result<CanaryReport> canary(const CanaryQuestion& question);

 private:
  explicit ControlClient(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<ControlReply> ask(const ControlRequest& request);
  Result<std::string> receive(std::size_t size);

  UniqueFd fd_;
};

}  // namespace sallyport
