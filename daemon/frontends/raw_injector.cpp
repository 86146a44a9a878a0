#include "daemon/frontends/raw_injector.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace sallyport {
namespace {

// IPPROTO_RAW: the packet brings its own header (raw(7)).
UniqueFd open_raw(int family) {
  return UniqueFd(::socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW));
}

template <class Address>
bool send_to(int fd, Bytes packet, const Address& to) {
  const auto* const address = reinterpret_cast<const sockaddr*>(&to);
  return ::sendto(fd, packet.data(), packet.size(), 0, address, sizeof to) == static_cast<ssize_t>(packet.size());
}

}  // namespace

Result<RawInjector> RawInjector::open() {
  UniqueFd v4 = open_raw(AF_INET);
  if (!v4) return fail_errno("opening a raw socket for resets (needs the capability CAP_NET_RAW)");
  UniqueFd v6 = open_raw(AF_INET6);
  if (!v6 && errno != EAFNOSUPPORT) return fail_errno("opening a raw IPv6 socket for resets");
  return RawInjector(std::move(v4), std::move(v6));
}

bool RawInjector::send(Bytes ip_packet) const {
  if (ip_packet.empty()) return false;
  const unsigned version = std::to_integer<unsigned>(ip_packet[0]) >> 4;
  if (version == 4 && ip_packet.size() >= 20) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    std::memcpy(&to.sin_addr, ip_packet.data() + 16, sizeof to.sin_addr);
    return send_to(v4_.get(), ip_packet, to);
  }
  if (version == 6 && ip_packet.size() >= 40) {
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    std::memcpy(&to.sin6_addr, ip_packet.data() + 24, sizeof to.sin6_addr);
    return send_to(v6_.get(), ip_packet, to);
  }
  return false;
}

}  // namespace sallyport
