#include "daemon/app/control_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

void set_timeout(int fd, std::chrono::milliseconds timeout) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const timeval value{seconds.count(), std::chrono::microseconds(timeout - seconds).count()};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof value);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof value);
}

tl::unexpected<Error> unexpected_reply() {
  return fail(ErrorCode::kCorrupt, "sallyportd sent a reply that this version does not understand");
}

}  // namespace

Result<ControlClient> ControlClient::connect(const std::string& path, std::chrono::milliseconds timeout) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(ErrorCode::kInvalidArgument, "control socket path '" + path + "' must have 1 to 107 bytes");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("cannot make a socket");
  set_timeout(fd.get(), timeout);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail_errno("cannot reach sallyportd at " + path);
  }
  return ControlClient(std::move(fd));
}

Result<DaemonStatus> ControlClient::status() {
  auto reply = ask({ControlCommand::kStatus});
  if (!reply) return tl::unexpected(reply.error());
  if (!reply->status) return unexpected_reply();
  return std::move(*reply->status);
}

Result<ReloadOutcome> ControlClient::reload() {
  auto reply = ask({ControlCommand::kReload});
  if (!reply) return tl::unexpected(reply.error());
  if (!reply->reload) return unexpected_reply();
  return std::move(*reply->reload);
}

Status ControlClient::reopen_logs() {
  auto reply = ask({ControlCommand::kReopenLogs});
  if (!reply) return tl::unexpected(reply.error());
  return {};
}

Status ControlClient::rearm(const std::string& rule) {
  auto reply = ask({ControlCommand::kRearm, rule, {}});
  if (!reply) return tl::unexpected(reply.error());
  return {};
}

Result<CanaryReport> ControlClient::canary(const CanaryQuestion& question) {
  auto reply = ask({ControlCommand::kCanary, {}, question});
  if (!reply) return tl::unexpected(reply.error());
  if (!reply->canary) return unexpected_reply();
  return std::move(*reply->canary);
}

Result<ControlReply> ControlClient::ask(const ControlRequest& request) {
  const std::string bytes = encode_request(request);
  if (::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
    return fail_errno("cannot send to sallyportd");
  }
  const auto size = receive(kControlSizeBytes);
  if (!size) return tl::unexpected(size.error());
  if (announced_size(*size) > kControlMessageBytesMax) return unexpected_reply();
  const auto message = receive(announced_size(*size));
  if (!message) return tl::unexpected(message.error());
  auto reply = decode_reply(*message);
  if (!reply) return unexpected_reply();
  if (!reply->error.empty()) return fail(ErrorCode::kInvalidArgument, "sallyportd refuses: " + reply->error);
  return std::move(*reply);
}

Result<std::string> ControlClient::receive(std::size_t size) {
  std::string bytes(size, '\0');
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count = ::recv(fd_.get(), bytes.data() + filled, size - filled, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("no reply from sallyportd");
    if (count == 0) return fail(ErrorCode::kUnavailable, "sallyportd closed the connection before it replied");
    filled += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace sallyport
