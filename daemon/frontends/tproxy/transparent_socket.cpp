#include "daemon/frontends/tproxy/transparent_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "daemon/base/bytes.h"

namespace sallyport {
namespace {

/// Seconds without a sign of life before the kernel asks a peer whether it is there: who vanished must not be kept.
constexpr int kKeepAliveSeconds = 120;
constexpr int kBacklog = 4096;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

SocketAddress to_sockaddr(const Endpoint& endpoint, IpFamily family) {
  SocketAddress address;
  const auto& bytes = endpoint.address.bytes();
  if (family == IpFamily::kV4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port);
    std::memcpy(&v4.sin_addr, bytes.data() + 12, 4);
    std::memcpy(&address.storage, &v4, sizeof v4);
    address.size = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(endpoint.port);
    std::memcpy(&v6.sin6_addr, bytes.data(), 16);
    std::memcpy(&address.storage, &v6, sizeof v6);
    address.size = sizeof v6;
  }
  return address;
}

Endpoint to_endpoint(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    return {IpAddress::from_v4(as_byte_span(&v4.sin_addr, sizeof v4.sin_addr)), ntohs(v4.sin_port)};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &storage, sizeof v6);
  return {IpAddress::from_v6(as_byte_span(&v6.sin6_addr, sizeof v6.sin6_addr)), ntohs(v6.sin6_port)};
}

bool set_option(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

/// What each of our ends of a connection has.
void set_up_connection(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveSeconds);
}

}  // namespace

Result<UniqueFd> open_transparent(IpFamily family) {
  const bool v4 = family == IpFamily::kV4;
  UniqueFd fd(::socket(v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("cannot open a TCP socket");
  const bool done = v4 ? set_option(fd.get(), IPPROTO_IP, IP_TRANSPARENT, 1)
                       : set_option(fd.get(), IPPROTO_IPV6, IPV6_TRANSPARENT, 1) &&
                             set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (!done) return fail_errno("a socket cannot be made transparent (CAP_NET_ADMIN is needed)");
  if (!set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1)) return fail_errno("SO_REUSEADDR");
  return fd;
}

Result<UniqueFd> listen_transparent(IpFamily family, std::uint16_t port) {
  auto fd = open_transparent(family);
  if (!fd) return fd;
  const std::string where = (family == IpFamily::kV4 ? "0.0.0.0:" : "[::]:") + std::to_string(port);
  if (!set_option(fd->get(), SOL_SOCKET, SO_REUSEPORT, 1)) return fail_errno("SO_REUSEPORT");
  SocketAddress address =
      to_sockaddr({family == IpFamily::kV4 ? *IpAddress::parse("0.0.0.0") : IpAddress(), port}, family);
  if (::bind(fd->get(), address.get(), address.size) != 0) return fail_errno("cannot bind " + where);
  if (::listen(fd->get(), kBacklog) != 0) return fail_errno("cannot listen on " + where);
  return fd;
}

Status connect_as(const UniqueFd& socket, const Endpoint& client, const Endpoint& server) {
  const IpFamily family = server.address.is_v4() ? IpFamily::kV4 : IpFamily::kV6;
  set_up_connection(socket.get());
  SocketAddress from = to_sockaddr(client, family), to = to_sockaddr(server, family);
  if (::bind(socket.get(), from.get(), from.size) != 0) return fail_errno("cannot speak for " + client.to_string());
  if (::connect(socket.get(), to.get(), to.size) == 0 || errno == EINPROGRESS) return {};
  return fail_errno("cannot connect to " + server.to_string());
}

int connect_error(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

std::optional<AcceptedConnection> accept_transparent(const UniqueFd& listener) {
  sockaddr_storage client{}, server{};
  socklen_t client_size = sizeof client, server_size = sizeof server;
  UniqueFd fd(
      ::accept4(listener.get(), reinterpret_cast<sockaddr*>(&client), &client_size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd || ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&server), &server_size) != 0) return std::nullopt;
  set_up_connection(fd.get());
  return AcceptedConnection{std::move(fd), to_endpoint(client), to_endpoint(server)};
}

void reset_at_close(int fd) {
  const linger at_once{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace sallyport
