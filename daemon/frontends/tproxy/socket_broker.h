// A child process that can do one thing: open transparent sockets and pass them over. So the process that reads hostile
// bytes needs no capability.
#pragma once

#include <sys/types.h>

#include <array>
#include <functional>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"
#include "daemon/frontends/tproxy/transparent_socket.h"

namespace sallyport {

/// One thread. The child ends when this object, or its process, does.
class SocketBroker {
 public:
  /// Forks; call it while the process has one thread. `drop_privileges` runs in the child and leaves it CAP_NET_ADMIN;
  /// where it fails, so does this.
  static Result<SocketBroker> start(const std::function<Status()>& drop_privileges);
  SocketBroker(SocketBroker&&) noexcept = default;
  SocketBroker& operator=(SocketBroker&&) noexcept = default;
  ~SocketBroker();

  /// One that is neither bound nor connected. After a failure the child is_gone(), or the system is out of descriptors.
  Result<UniqueFd> open(IpFamily family);
  /// The child has ended, or does not answer: no socket will be had any more.
  bool is_gone() const { return is_gone_; }
  pid_t child() const { return child_; }

 private:
  SocketBroker(UniqueFd channel, pid_t child) : channel_(std::move(channel)), child_(child) {}
  Status fetch(IpFamily family);

  UniqueFd channel_;
  pid_t child_ = 0;
  bool is_gone_ = false;
  std::array<std::vector<UniqueFd>, 2> ready_;  // by family: one round trip brings many
};

}  // namespace sallyport
