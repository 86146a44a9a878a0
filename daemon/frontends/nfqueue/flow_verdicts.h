// Netfilter queue: from what was asked for a flow to a verdict about each of its packets. Knows no netlink.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "daemon/base/counter.h"
#include "daemon/contract/packet_sink.h"
#include "daemon/frontends/nfqueue/held_packets.h"
#include "daemon/frontends/nfqueue/queue_message.h"
#include "daemon/frontends/nfqueue/verdict_sink.h"

namespace sallyport {

struct FlowVerdictLimits {
  std::size_t held_per_direction = 0;  ///< packets
  std::size_t held_packets = 0;        ///< packets over all flows: must leave room in the kernel's queue for the others
};

struct FlowVerdictStats {
  Counter accepted;          ///< packets, held and released ones included
  Counter dropped;           ///< packets, for every reason below too
  Counter held;              ///< packets that were withheld
  Counter released;          ///< packets that were withheld and then accepted
  Counter duplicates;        ///< packets dropped because the same bytes were withheld already
  Counter held_overflow;     ///< packets dropped because a limit of withheld packets was reached
  Counter held_now;          ///< gauge
  Counter bypassed_flows;    ///< flows that may leave the queue
  Counter bypassed_packets;  ///< packets accepted with the bypass mark; many a flow: nothing saves the mark
};

/// hold() to forget() are those of FlowControl. One thread. `sink` must outlive it.
class FlowVerdicts {
 public:
  FlowVerdicts(VerdictSink& sink, FlowVerdictLimits limits, std::uint32_t bypass_mark)
      : sink_(sink), limits_(limits), bypass_mark_(bypass_mark) {}

  void hold(FlowId flow, Direction direction);
  void release(FlowId flow, Direction direction);
  void drop(FlowId flow);
  void bypass(FlowId flow);
  void forget(FlowId flow);

  /// A packet is about to be handed in: what is asked for its flow from now on concerns it too, even if the flow is
  /// forgotten before judge().
  void begin_packet();
  /// Gives the verdict about the packet handed in, or withholds it.
  void judge(const QueuedPacket& packet, const PacketPlace& place);

  /// Packets without a verdict.
  std::size_t held_packets() const { return held_packets_; }
  const FlowVerdictStats& stats() const { return stats_; }

 private:
  enum class Fate : std::uint8_t { kDropped, kBypassed };
  struct HeldDirection {
    bool holding = false;
    HeldPackets packets;
  };
  using HeldFlow = std::array<HeldDirection, 2>;

  bool has_fate(FlowId flow, Fate fate) const;
  void give_by_fate(const QueuedPacket& packet, const PacketPlace& place);
  bool withhold(const QueuedPacket& packet, const PacketPlace& place);
  void settle(HeldDirection& direction, bool accept, bool marked);
  void settle_flow(FlowId flow, bool accept, bool marked);
  void give(const HeldPacket& packet, bool accept, bool marked);

  VerdictSink& sink_;
  FlowVerdictLimits limits_;
  std::uint32_t bypass_mark_;
  std::unordered_map<FlowId, Fate> fates_;
  std::unordered_map<FlowId, HeldFlow> held_;
  std::size_t held_packets_ = 0;
  bool in_packet_ = false;          // between begin_packet() and judge()
  bool dropped_in_packet_ = false;  // drop() was called in between
  std::vector<FlowId> forgotten_;   // in between; their fate goes with the packet
  FlowVerdictStats stats_;
};

}  // namespace sallyport
