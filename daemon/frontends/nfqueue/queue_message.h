// Netfilter queue: one packet as the kernel describes it (linux/netfilter/nfnetlink_queue.h).
#pragma once

#include <cstdint>
#include <functional>

#include "daemon/base/bytes.h"
#include "daemon/base/counter.h"
#include "daemon/contract/packet.h"

namespace sallyport {

struct QueuedPacket {
  std::uint32_t id = 0;             ///< of this queue; rises by one a packet and wraps
  std::uint32_t mark = 0;           ///< the packet mark that other rules gave it
  Bytes payload;                    ///< from the IP header on; valid until the next receive
  std::uint32_t original_size = 0;  ///< more than payload.size() when the kernel cut it short
  /// False: no network card and no rule has looked at the checksums yet, so a receiver may throw this packet away.
  ChecksumState checksums = ChecksumState::kChecked;
};

struct QueueMessageStats {
  Counter malformed;       ///< messages without a packet, or that do not parse
  Counter packets_gone;    ///< verdicts about packets that the kernel had given up (their interface went down)
  Counter verdict_errors;  ///< verdicts that the kernel refused for any other reason; the packets may wait still
};

/// Calls `take` for every packet of one netlink datagram. Anything else in it is counted.
void for_each_packet(Bytes datagram, const std::function<void(const QueuedPacket&)>& take, QueueMessageStats& stats);

}  // namespace sallyport
