// What the hold front end may be told.
#pragma once

#include <cstdint>
#include <functional>

#include "daemon/base/result.h"

namespace sallyport {

struct TproxyConfig {
  std::uint16_t port = 15001;  ///< where the kernel's TPROXY rule delivers, IPv4 and IPv6
  std::uint8_t shard = 0;
  /// Bytes withheld of one direction of one connection: an object and what came behind it. Above: on_overload.
  std::uint64_t held_connection_bytes_max = 96ULL << 20;
  std::uint64_t held_bytes_max = 1ULL << 30;  ///< withheld of all connections of the shard
  std::uint32_t connections_max = 32768;      ///< above it new ones are reset
  /// Leaves the child that opens transparent sockets (SocketBroker) CAP_NET_ADMIN and no more.
  std::function<Status()> drop_privileges = [] { return Status(); };
};

}  // namespace sallyport
