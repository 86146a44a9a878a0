#include "daemon/app/control_server.h"

#include <grp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "daemon/base/log.h"

namespace sallyport {
namespace {

/// Connections at once; people and scripts, not traffic.
constexpr std::size_t kConnectionsMax = 16;

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(ErrorCode::kInvalidArgument, "control socket path '" + path + "' must have 1 to 107 bytes");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

const sockaddr* as_sockaddr(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// Removes a socket that nobody listens on; anything else that stands there is left alone.
Status clear_path(const std::string& path, const sockaddr_un& address) {
  struct stat state {};
  if (::lstat(path.c_str(), &state) != 0) return {};
  if (!S_ISSOCK(state.st_mode)) {
    return fail(ErrorCode::kInvalidArgument,
                "control socket path " + path + " is taken by something that is no socket");
  }
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const bool alive = ::connect(probe.get(), as_sockaddr(address), sizeof address) == 0 || errno == EAGAIN;
  if (alive) return fail(ErrorCode::kUnavailable, "another sallyportd listens on " + path);
  if (::unlink(path.c_str()) != 0) return fail_errno("cannot remove the old control socket " + path);
  return {};
}

Status allow_group(const std::string& path, const std::string& group) {
  if (::chmod(path.c_str(), 0660) != 0) return fail_errno("cannot set the mode of the control socket " + path);
  if (group.empty()) return {};
  const struct group* const entry = ::getgrnam(group.c_str());
  if (entry == nullptr) return fail(ErrorCode::kNotFound, "there is no group '" + group + "' for the control socket");
  if (::chown(path.c_str(), static_cast<uid_t>(-1), entry->gr_gid) != 0) {
    return fail_errno("cannot give the control socket " + path + " to group " + group);
  }
  return {};
}

/// Nobody can connect before listen(), so mode and group are right before the first connection.
Result<UniqueFd> listen_on(const ControlServerConfig& config) {
  const auto address = address_of(config.path);
  if (!address) return tl::unexpected(address.error());
  if (auto cleared = clear_path(config.path, *address); !cleared) return tl::unexpected(cleared.error());
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener || ::bind(listener.get(), as_sockaddr(*address), sizeof *address) != 0) {
    return fail_errno("cannot bind the control socket " + config.path);
  }
  if (auto allowed = allow_group(config.path, config.group); !allowed) {
    ::unlink(config.path.c_str());
    return tl::unexpected(allowed.error());
  }
  if (::listen(listener.get(), kConnectionsMax) != 0) return fail_errno("cannot listen on " + config.path);
  return listener;
}

ucred peer_of(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
  return peer;
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::start(ControlServerConfig config, ControlHandler handler) {
  auto listener = listen_on(config);
  if (!listener) return tl::unexpected(listener.error());
  UniqueFd stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop) return fail_errno("cannot make an event descriptor");
  return std::unique_ptr<ControlServer>(
      new ControlServer(std::move(config), std::move(handler), std::move(*listener), std::move(stop)));
}

ControlServer::ControlServer(ControlServerConfig config, ControlHandler handler, UniqueFd listener, UniqueFd stop)
    : config_(std::move(config)),
      handler_(std::move(handler)),
      listener_(std::move(listener)),
      stop_(std::move(stop)),
      thread_([this] { run(); }) {}

ControlServer::~ControlServer() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof one);
  thread_.join();
  ::unlink(config_.path.c_str());
}

void ControlServer::run() {
  std::vector<pollfd> waiting;
  while (true) {
    waiting = {{stop_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    for (const Connection& each : connections_) {
      waiting.push_back({each.fd.get(), static_cast<short>(each.to_send.empty() ? POLLIN : POLLOUT), 0});
    }
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) {
      return log_error("the control socket has failed", {{"reason", std::strerror(errno)}});
    }
    if (waiting[0].revents != 0) return;
    std::list<Connection> heard;
    auto next = connections_.begin();
    for (std::size_t i = 2; i < waiting.size(); ++i) {
      const auto connection = next++;
      if (waiting[i].revents == 0) continue;
      heard.splice(heard.end(), connections_, connection);
      if (!serve(heard.back(), waiting[i].revents)) heard.pop_back();
    }
    connections_.splice(connections_.end(), heard);
    if (waiting[1].revents != 0) accept_one();
  }
}

void ControlServer::accept_one() {
  UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) return;
  if (connections_.size() >= kConnectionsMax) connections_.pop_front();
  connections_.push_back({std::move(fd), {}, {}});
}

bool ControlServer::serve(Connection& connection, short events) {
  if ((events & POLLIN) != 0 && !receive(connection)) return false;
  if ((events & (POLLERR | POLLNVAL)) != 0) return false;
  if ((events & POLLHUP) != 0 && (events & POLLIN) == 0) return false;
  return send(connection) && answer_all(connection);
}

bool ControlServer::receive(Connection& connection) {
  char bytes[4096];
  const ssize_t count = ::recv(connection.fd.get(), bytes, sizeof bytes, 0);
  if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
  connection.received.append(bytes, static_cast<std::size_t>(count));
  return true;
}

/// One answer at a time: nothing more is read, nor answered, before the last one is out, so neither buffer can grow.
bool ControlServer::answer_all(Connection& connection) {
  std::string& received = connection.received;
  while (connection.to_send.empty() && received.size() >= kControlSizeBytes) {
    const std::size_t size = announced_size(received);
    if (size > kControlMessageBytesMax) return false;
    if (received.size() - kControlSizeBytes < size) return true;
    connection.to_send = answer(connection, std::string_view(received).substr(kControlSizeBytes, size));
    received.erase(0, kControlSizeBytes + size);
    if (!send(connection)) return false;
  }
  return true;
}

bool ControlServer::send(Connection& connection) {
  while (!connection.to_send.empty()) {
    const ssize_t count =
        ::send(connection.fd.get(), connection.to_send.data(), connection.to_send.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    connection.to_send.erase(0, static_cast<std::size_t>(count));
  }
  return true;
}

std::string ControlServer::answer(const Connection& connection, std::string_view message) {
  const auto request = decode_request(message);
  const ucred peer = peer_of(connection.fd.get());
  ControlReply reply;
  if (!request) {
    log_warning("control request not understood", {{"uid", peer.uid}, {"pid", peer.pid}});
    reply.error = "request not understood; this is sallyportd " SALLYPORT_VERSION;
    return encode_reply(reply);
  }
  const ControlCommand command = request->command;
  const bool only_asks = command == ControlCommand::kStatus || command == ControlCommand::kCanary;
  const LogLevel level = only_asks ? LogLevel::kDebug : LogLevel::kNotice;
  log(level, "control request", {{"command", to_string(command)}, {"uid", peer.uid}, {"pid", peer.pid}});
  if (command == ControlCommand::kStatus) reply.status = handler_.status();
  if (command == ControlCommand::kReload) reply.reload = handler_.reload();
  if (command == ControlCommand::kCanary) reply.canary = handler_.canary(request->canary);
  if (command == ControlCommand::kReopenLogs) handler_.reopen_logs();
  if (command == ControlCommand::kRearm) {
    if (const Status rearmed = handler_.rearm(request->rule); !rearmed) reply.error = rearmed.error().message;
  }
  return encode_reply(reply);
}

}  // namespace sallyport
