// End of the way back: sends packets of our own making, as they are.
#pragma once

#include "daemon/base/bytes.h"
#include "daemon/base/result.h"
#include "daemon/base/unique_fd.h"

namespace sallyport {

/// Raw sockets of both address families. One thread. Needs CAP_NET_RAW when opened, not when sending.
class RawInjector {
 public:
  /// In the network namespace of the calling thread.
  static Result<RawInjector> open();

  /// One whole IPv4 or IPv6 packet, header and checksums included, routed by its destination address. Never blocks.
  /// False where the kernel would not take it.
  bool send(Bytes ip_packet) const;

 private:
  RawInjector(UniqueFd v4, UniqueFd v6) : v4_(std::move(v4)), v6_(std::move(v6)) {}

  UniqueFd v4_;
  UniqueFd v6_;  // empty on hosts without IPv6
};

}  // namespace sallyport
