// What a packet front end hands in.
#pragma once

#include <cstdint>

#include "daemon/base/bytes.h"
#include "daemon/base/time.h"

namespace sallyport {

/// What the first byte of a packet belongs to (libpcap's LINKTYPE values are translated in frontends/tap).
enum class LinkType : std::uint8_t {
  kEthernet,
  kRawIp,      ///< IPv4 or IPv6, told apart by the version nibble; what NFQUEUE delivers
  kLinuxSll,   ///< LINKTYPE_LINUX_SLL
  kLinuxSll2,  ///< LINKTYPE_LINUX_SLL2
  kNull,       ///< BSD loopback: four bytes of address family in either byte order
};

struct RawPacket {
  Bytes bytes;                      ///< as captured; valid during the call only
  std::uint32_t original_size = 0;  ///< bytes on the wire; more than bytes.size() when the capture cut it short
  LinkType link = LinkType::kEthernet;
  /// The kernel has checked, or a network card will fill in, the checksums: do not look at them (NFQUEUE, local
  /// captures).
  bool checksums_trusted = true;
  Timestamp time;
};

}  // namespace sallyport
