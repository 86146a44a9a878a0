#include "daemon/frontends/tproxy/socket_broker.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace sallyport {
namespace {

constexpr int kSocketsAtOnce = 16;
/// The child answers in microseconds, or never.
constexpr timeval kPatience{2, 0};
constexpr char kReady = 'r';

/// One byte, and a descriptor where `fd` is one.
bool send_byte(int channel, char byte, int fd) {
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  return ::sendmsg(channel, &message, MSG_NOSIGNAL) == 1;
}

/// The descriptor that came with one byte; none where none did, and errno 0 where the other side has ended.
UniqueFd receive_descriptor(int channel) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  errno = 0;
  if (::recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != 1) return UniqueFd();
  const cmsghdr* const header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return UniqueFd();
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd(fd);
}

/// Until the other side ends. A socket that cannot be opened is answered by a byte alone.
void serve(int channel) {
  char family = 0;
  while (::recv(channel, &family, 1, 0) == 1) {
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
  if (done && send_byte(channel.get(), kReady, -1)) serve(channel.get());
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
  char ready = 0;
  if (::recv(broker.channel_.get(), &ready, 1, 0) != 1 || ready != kReady) {
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
  const char wanted = static_cast<char>(family);
  if (::send(channel_.get(), &wanted, 1, MSG_NOSIGNAL) != 1)
    return fail_errno("the process that opens sockets is gone");
  std::vector<UniqueFd>& ready = ready_[static_cast<std::size_t>(family)];
  for (int i = 0; i < kSocketsAtOnce; ++i) {
    UniqueFd socket = receive_descriptor(channel_.get());
    if (socket) ready.push_back(std::move(socket));
  }
  if (ready.empty()) return fail(ErrorCode::kUnavailable, "no transparent socket could be opened");
  return {};
}

}  // namespace sallyport
