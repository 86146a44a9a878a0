#include "daemon/frontends/nfqueue/flow_verdicts.h"

namespace sallyport {

void FlowVerdicts::hold(FlowId flow, Direction direction) {
  if (!flow || fates_.contains(flow)) return;
  held_[flow][index_of(direction)].holding = true;
}

void FlowVerdicts::release(FlowId flow, Direction direction) {
  const auto found = held_.find(flow);
  if (found == held_.end()) return;
  HeldDirection& released = found->second[index_of(direction)];
  released.holding = false;
  settle(released, true, false);
  if (!found->second[index_of(opposite(direction))].holding) held_.erase(found);
}

void FlowVerdicts::drop(FlowId flow) {
  if (!flow) return;
  fates_[flow] = Fate::kDropped;
  dropped_in_packet_ = in_packet_;
  settle_flow(flow, false, false);
}

void FlowVerdicts::bypass(FlowId flow) {
  if (!flow || has_fate(flow, Fate::kDropped)) return;
  const bool marked = bypass_mark_ != 0;
  if (marked && fates_.try_emplace(flow, Fate::kBypassed).second) stats_.bypassed_flows.add();
  settle_flow(flow, true, marked);
}

void FlowVerdicts::forget(FlowId flow) {
  settle_flow(flow, true, has_fate(flow, Fate::kBypassed));
  in_packet_ ? forgotten_.push_back(flow) : void(fates_.erase(flow));
}

void FlowVerdicts::begin_packet() {
  in_packet_ = true;
  dropped_in_packet_ = false;
}

void FlowVerdicts::judge(const QueuedPacket& packet, const PacketPlace& place) {
  give_by_fate(packet, place);
  in_packet_ = false;
  for (const FlowId flow : forgotten_) fates_.erase(flow);
  forgotten_.clear();
}

void FlowVerdicts::give_by_fate(const QueuedPacket& packet, const PacketPlace& place) {
  // A flow that was dropped and forgotten while its packet was handed in may come back as no flow at all.
  const bool lost_its_flow = !place.flow && dropped_in_packet_;
  const bool dropped = place.contradicts || lost_its_flow || has_fate(place.flow, Fate::kDropped);
  if (dropped) return give({packet.id, packet.mark}, false, false);
  if (place.carries_stream && withhold(packet, place)) return;
  give({packet.id, packet.mark}, true, has_fate(place.flow, Fate::kBypassed));
}

bool FlowVerdicts::withhold(const QueuedPacket& packet, const PacketPlace& place) {
  const auto found = held_.empty() ? held_.end() : held_.find(place.flow);
  if (found == held_.end()) return false;
  HeldDirection& direction = found->second[index_of(place.direction)];
  if (!direction.holding) return false;
  const bool full = direction.packets.size() >= limits_.held_per_direction || held_packets_ >= limits_.held_packets;
  if (full || !direction.packets.keep(packet)) {
    (full ? stats_.held_overflow : stats_.duplicates).add();
    give({packet.id, packet.mark}, false, false);
    return true;
  }
  stats_.held.add();
  stats_.held_now.set(++held_packets_);
  return true;
}

bool FlowVerdicts::has_fate(FlowId flow, Fate fate) const {
  if (fates_.empty()) return false;
  const auto found = fates_.find(flow);
  return found != fates_.end() && found->second == fate;
}

void FlowVerdicts::settle(HeldDirection& direction, bool accept, bool marked) {
  for (const HeldPacket& packet : direction.packets.packets()) give(packet, accept, marked);
  held_packets_ -= direction.packets.size();
  stats_.held_now.set(held_packets_);
  if (accept) stats_.released.add(direction.packets.size());
  direction.packets.clear();
}

void FlowVerdicts::settle_flow(FlowId flow, bool accept, bool marked) {
  const auto found = held_.find(flow);
  if (found == held_.end()) return;
  for (HeldDirection& direction : found->second) settle(direction, accept, marked);
  held_.erase(found);
}

void FlowVerdicts::give(const HeldPacket& packet, bool accept, bool marked) {
  (accept ? stats_.accepted : stats_.dropped).add();
  if (marked) stats_.bypassed_packets.add();
  sink_.give({packet.id, accept, marked, marked ? packet.mark | bypass_mark_ : 0});
}

}  // namespace sallyport
