#include "daemon/frontends/nfqueue/held_packets.h"

namespace sallyport {

bool HeldPackets::keep(const QueuedPacket& packet) {
  const auto range = tcp_sequence_range(packet.payload, packet.original_size);
  // A RST occupies no sequence number: there is always room for one more of it.
  if (range && range->size > 0) {
    if (!first_sequence_) first_sequence_ = range->begin;
    if (held_.add(unwrap(*range)) == 0) return false;
  }
  packets_.push_back({packet.id, packet.mark});
  return true;
}

ByteRange HeldPackets::unwrap(SequenceRange range) const {
  // Half the sequence space lies before the first held number and half behind it.
  constexpr std::int64_t kMiddle = std::int64_t{1} << 32;
  const auto distance = static_cast<std::int32_t>(range.begin - *first_sequence_);
  const auto begin = static_cast<std::uint64_t>(kMiddle + distance);
  return {begin, begin + range.size};
}

void HeldPackets::clear() {
  packets_.clear();
  first_sequence_.reset();
  held_ = {};
}

}  // namespace sallyport
