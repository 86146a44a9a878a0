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

/// What is known of the checksums of IP and TCP.
enum class ChecksumState : std::uint8_t {
  kChecked,    ///< nobody looks: the kernel has, or a card will fill them in (NFQUEUE)
  kFilledIn,   ///< a packet with a wrong one is dropped
  kOffloaded,  ///< perhaps left to a card, or of segments that were joined (captures): a wrong one counts only where
               ///< its sender has shown right ones
};

struct RawPacket {
  Bytes bytes;                      ///< as captured; valid during the call only
  std::uint32_t original_size = 0;  ///< bytes on the wire; more than bytes.size() when the capture cut it short
  LinkType link = LinkType::kEthernet;
  ChecksumState checksums = ChecksumState::kChecked;
  Timestamp time;
};

}  // namespace sallyport
