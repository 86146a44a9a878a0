// Sockets that speak for others: IP_TRANSPARENT (Linux Documentation/networking/tproxy.rst).
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"
#include "daemon/contract/ip_address.h"

namespace sallyport {

enum class IpFamily : std::uint8_t { kV4, kV6 };

/// A listening socket that takes connections to any address. Needs CAP_NET_ADMIN or CAP_NET_RAW. Ports of several
/// shards are the same: the kernel spreads connections over them.
Result<UniqueFd> listen_transparent(IpFamily family, std::uint16_t port);
/// One that may be bound to any address; neither bound nor connected. Needs the capability; using it later does not.
Result<UniqueFd> open_transparent(IpFamily family);
/// Begins to connect to `server` in the name of `client`; port zero: with any port. Ready when writable, then
/// connect_error() tells. After a failure the socket is of no use.
Status connect_as(const UniqueFd& socket, const Endpoint& client, const Endpoint& server);
/// errno of a connection that was begun; 0: it stands.
int connect_error(int fd);

struct AcceptedConnection {
  UniqueFd socket;
  Endpoint client;
  Endpoint server;  ///< whom the client meant
};
/// Nothing where none waits, or it was gone again before it could be taken.
std::optional<AcceptedConnection> accept_transparent(const UniqueFd& listener);

/// The next close() sends a reset.
void reset_at_close(int fd);

}  // namespace sallyport
