// Netfilter queue: the packets of one flow direction that the kernel keeps until we say so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "daemon/contract/byte_ranges.h"
#include "daemon/frontends/nfqueue/queue_message.h"
#include "daemon/frontends/nfqueue/tcp_sequence.h"

namespace sallyport {

struct HeldPacket {
  std::uint32_t id = 0;
  std::uint32_t mark = 0;
};

/// One thread. Knows ids only; the packets stay in the kernel.
class HeldPackets {
 public:
  /// False: all its sequence numbers are held already, so this copy may be thrown away at once. While we hold, the
  /// sender sends again and again; keeping each copy would fill the queue. The first copy is the one that is delivered,
  /// if any, and it is the one that was inspected first.
  bool keep(const QueuedPacket& packet);
  const std::vector<HeldPacket>& packets() const { return packets_; }
  std::size_t size() const { return packets_.size(); }
  void clear();

 private:
  ByteRange unwrap(SequenceRange range) const;

  std::vector<HeldPacket> packets_;  // in the order in which they came
  std::optional<std::uint32_t> first_sequence_;
  ByteRangeSet held_;  // positions relative to first_sequence_, see unwrap()
};

}  // namespace sallyport
