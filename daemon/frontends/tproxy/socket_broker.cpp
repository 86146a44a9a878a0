#include "daemon/frontends/tproxy/socket_broker.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <utility>

#include "daemon/base/descriptor_message.h"

namespace sallyport {
namespace {

constexpr int kSocketsAtOnce = 16;
/// The child answers in microseconds, or never.
constexpr timeval kPatience{2, 0};
constexpr std::byte kReady{'r'};

bool send_byte(int channel, std::byte byte, int descriptor = -1) {
  return send_message(channel, {&byte, 1}, descriptor);
}

/// Nothing where the other side has ended, or is silent for too long.
std::optional<ReceivedMessage> receive_byte(int channel, std::byte& byte) {
  auto message = receive_message(channel, {&byte, 1});
  return message && message->size == 1 ? std::move(message) : std::nullopt;
}

/// Until the other side ends. A socket that cannot be opened is answered by a byte alone.
void serve(int channel) {
  std::byte family{};
  while (receive_byte(channel, family)) {
    for (int i = 0; i < kSocketsAtOnce; ++i) {
      const auto socket = open_transparent(static_cast<IpFamily>(family));
      if (!send_byte(channel, family, socket ? socket->get() : -1)) return;
    }
  }
}

[[noreturn]] void run_child(UniqueFd channel, pid_t parent, const std::function<Status()>& drop_privileges) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NAME, "sallyport-sock");
  const bool done = drop_privileges().has_value() && ::getppid() == parent;
  if (done && send_byte(channel.get(), kReady)) serve(channel.get());
  ::_exit(done ? 0 : 1);
}

}  // namespace

Result<SocketBroker> SocketBroker::start(const std::function<Status()>& drop_privileges) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno("socketpair");
  UniqueFd near(ends[0]), far(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return fail_errno("cannot fork the process that opens sockets");
  if (child == 0) {
    near.reset();
    run_child(std::move(far), parent, drop_privileges);
  }
  far.reset();
  SocketBroker broker(std::move(near), child);
  std::byte ready{};
  if (!receive_byte(broker.channel_.get(), ready) || ready != kReady) {
    return fail(
        ErrorCode::kPermissionDenied,
        "the process that opens transparent sockets cannot: it needs cap_net_admin; start as root, or give it by "
        "AmbientCapabilities= in the unit");
  }
  ::setsockopt(broker.channel_.get(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  return broker;
}

SocketBroker::~SocketBroker() {
  if (!channel_) return;
  channel_.reset();
  ::waitpid(child_, nullptr, 0);
}

Result<UniqueFd> SocketBroker::open(IpFamily family) {
  std::vector<UniqueFd>& ready = ready_[static_cast<std::size_t>(family)];
  if (ready.empty()) {
    if (const Status fetched = fetch(family); !fetched) return tl::unexpected(fetched.error());
  }
  UniqueFd socket = std::move(ready.back());
  ready.pop_back();
  return socket;
}

Status SocketBroker::fetch(IpFamily family) {
  std::byte byte{static_cast<std::uint8_t>(family)};
  std::vector<UniqueFd>& ready = ready_[static_cast<std::size_t>(family)];
  bool is_there = send_byte(channel_.get(), byte);
  for (int i = 0; is_there && i < kSocketsAtOnce; ++i) {
    auto message = receive_byte(channel_.get(), byte);
    is_there = message.has_value();
    if (is_there && message->descriptor) ready.push_back(std::move(message->descriptor));
  }
  is_gone_ = !is_there;
  if (!ready.empty()) return {};
  return is_gone_ ? fail(ErrorCode::kUnavailable, "the process that opens transparent sockets is gone")
                  : fail(ErrorCode::kResourceExhausted, "no transparent socket could be opened");
}

}  // namespace sallyport
