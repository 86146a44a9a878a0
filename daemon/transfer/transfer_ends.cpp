// How transfers end: said by the protocol, by flows that close, by time, or for want of room.
#include <algorithm>

#include "daemon/base/limits.h"
#include "daemon/transfer/transfer_table.h"

namespace sallyport {
namespace {

/// Transfers fed by other shards that are put back in the idle order per tick.
constexpr int kReordersPerTick = 16;
/// A transfer that still takes so many bytes after it gave up its content is scattered on purpose.
constexpr std::uint64_t kScatteredBytes = 65536;

}  // namespace

void TransferTable::end(TransferId id, EndReason reason, std::optional<NotInspected> not_inspected, FlowId flow,
                        Timestamp time) {
  const SlotPointer slot = slot_of(id);
  if (!slot) return;
  Next next = Next::kStay;
  bool judged_now = reason == EndReason::kComplete;
  {
    const auto guard = slot->guard();
    TransferRecord& record = slot->record;
    if (slot->ended) return;
    // Who sends the other parts waits for the answer to this one, which is withheld with it.
    judged_now |= reason == EndReason::kPartDone && record.withheld;
    record.note_packet(packet(), time);
    if (not_inspected && reason == EndReason::kComplete) record.note(*not_inspected);
    if (not_inspected && reason != EndReason::kComplete) record.lose(*not_inspected);
    next = decide_end(*slot, reason, flow, time);
  }
  const std::string& whole = slot->record.identity.whole;
  if (!whole.empty()) shared_.touch_part(whole, time);
  if (judged_now) tell_unit_end(slot, flow);
  if (next == Next::kWait) run_at_owner(slot, &TransferTable::arm);
  if (next == Next::kFinish) run_at_owner(slot, &TransferTable::finish);
}

TransferTable::Next TransferTable::decide_end(TransferSlot& slot, EndReason reason, FlowId flow, Timestamp time) const {
  TransferRecord& record = slot.record;
  record.leave(flow);
  if (record.ending) return record.has_open_flows_elsewhere(shard_) ? Next::kStay : Next::kFinish;
  record.end_reason = reason;
  if (reason == EndReason::kComplete) {
    // Shards do not wait for each other: what came before this end on the wire may yet be handed in.
    record.ending = true;
    const bool stragglers =
        slot.spans_flows && record.has_open_flows_elsewhere(shard_) && !record.covers_declared_size();
    return stragglers ? wait(record, time + config_.settle_time) : Next::kFinish;
  }
  if (reason == EndReason::kPartDone) record.in_parts = true;
  if (record.replaced) return record.has_open_flows() ? Next::kStay : Next::kFinish;
  if (reason != EndReason::kPartDone && !slot.spans_flows) return Next::kFinish;
  const bool ends_when_covered = !record.identity.is_part && !record.identity.grows;
  if (ends_when_covered && record.covers_declared_size() &&
      (reason == EndReason::kPartDone || !record.has_open_flows()))
    return Next::kFinish;
  if (record.has_open_flows()) return Next::kStay;
  // Who searches the object around it says so once: nothing of what was found there comes on another flow.
  if (reason == EndReason::kAborted && !record.identity.outer.empty()) return Next::kFinish;
  const bool may_come_back = record.resumable && reason != EndReason::kAborted;
  const Duration patience = may_come_back ? config_.reconnect_linger : Duration::zero();
  return wait(record, time + (record.in_parts ? config_.part_idle_timeout : patience));
}

TransferTable::Next TransferTable::wait(TransferRecord& record, Timestamp until) const {
  if (until <= record.state.last_seen) return Next::kFinish;
  record.deadline = until;
  return Next::kWait;
}

void TransferTable::arm(const SlotPointer& slot) {
  const auto guard = slot->guard();
  if (slot->ended) return;
  const TransferId id = slot->record.state.id;
  if (slot->armed) deadlines_.erase({*slot->armed, id});
  slot->armed = slot->record.deadline;
  if (slot->armed) deadlines_.emplace(*slot->armed, id);
}

// On the owner's thread.
void TransferTable::finish(const SlotPointer& slot) {
  TransferRecord& record = slot->record;
  bool complete = false;
  bool type_settled = false;
  {
    const auto guard = slot->guard();
    if (slot->ended) return;
    if (lacks_pieces(record)) record.lose_pieces();
    complete = record.is_whole();
    type_settled = !record.abandoned && record.assembly.settle_type(complete);
  }
  if (type_settled) hear_known(slot);
  std::shared_ptr<const ObjectBytes> bytes;
  std::vector<TransferTable*> guests;
  {
    const auto guard = slot->guard();
    bytes = record.finish(complete, packet());
    slot->ended = true;
    charge(*slot);
    guests = slot->guests;
  }
  if (slot->armed) deadlines_.erase({*slot->armed, record.state.id});
  idle_order_.erase(slot->idle_position);
  if (slot->kept_position) kept_order_.erase(*slot->kept_position);
  hear_found(slot);
  free_key(*slot);
  if (!record.identity.outer.empty() && record.state.sha256) tell_outer(*slot);
  if (!record.identity.whole.empty()) shared_.remove_part(record.identity.whole);
  stats_.ended_total.add();
  if (complete) stats_.complete_total.add();
  stats_.open.set(idle_order_.size());
  // The sink may still ask which flows brought it: a verdict is about to cut them.
  sink_.on_end(record.state, bytes);
  forget(slot);
  keep_ended(slot, std::move(bytes));
  for (TransferTable* const guest : guests) guest->mailbox_.post([guest, slot] { guest->forget(slot); });
}

/// What is told of was never composed. Nobody says how long an object is that grows: a piece that was lost with its
/// head has left no hole.
bool TransferTable::lacks_pieces(const TransferRecord& record) const {
  if (record.identity.never_whole) return true;
  if (!record.identity.grows) return false;
  const TransferFacts& facts = record.state.facts;
  const auto lost = shared_.last_lost_piece(facts.upload ? facts.receiver.address : facts.sender.address);
  return lost && *lost + config_.part_idle_timeout >= record.state.begun;
}

/// What is inside ends before what it is in, on the same flow.
void TransferTable::tell_outer(const TransferSlot& slot) {
  const SlotPointer found = running(slot.record.identity.outer);
  if (!found) return;
  const auto guard = found->guard();
  std::vector<Sha256Digest>& told = found->record.state.told_inside;
  if (told.size() < limits::kToldInsideMax) told.push_back(*slot.record.state.sha256);
}

void TransferTable::evict(const SlotPointer& slot) {
  {
    const auto guard = slot->guard();
    slot->record.note(NotInspected::kOverBudget);
  }
  stats_.evicted_total.add();
  finish(slot);
}

void TransferTable::on_tick(Timestamp now) {
  on_packet_start();
  end_due(now);
  end_idle(now);
  tick_ended(now);
}

bool TransferTable::prolong(TransferSlot& slot, Timestamp now) {
  const auto guard = slot.guard();
  TransferRecord& record = slot.record;
  if (record.identity.whole.empty()) return false;
  // Not for ever: who sends a part now and then would keep all others from a verdict.
  const Timestamp until = std::min(shared_.last_part(record.identity.whole) + config_.part_idle_timeout,
                                   record.state.last_seen + config_.idle_timeout);
  if (until <= now) return false;
  record.deadline = until;
  return true;
}

void TransferTable::end_due(Timestamp now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const SlotPointer slot = slot_of(deadlines_.begin()->second);
    deadlines_.erase(deadlines_.begin());
    slot->armed.reset();
    std::optional<Timestamp> deadline;
    {
      const auto guard = slot->guard();
      deadline = slot->record.deadline;
    }
    if (!deadline) continue;
    *deadline <= now && !prolong(*slot, now) ? finish(slot) : arm(slot);
  }
}

void TransferTable::end_idle(Timestamp now) {
  int reorders = 0;
  while (!idle_order_.empty() && reorders < kReordersPerTick) {
    const SlotPointer slot = slot_of(idle_order_.front());
    Timestamp last_seen;
    PacketNumber last_packet;
    {
      const auto guard = slot->guard();
      last_seen = slot->record.state.last_seen;
      last_packet = slot->record.last_packet();
    }
    if (last_seen + config_.idle_timeout <= now) {
      finish(slot);
    } else if (last_packet.shard != shard_ && last_packet.number > 0) {
      touch(*slot);
      ++reorders;
    } else {
      return;
    }
  }
}

void TransferTable::on_flow_closed(FlowId flow, Timestamp time) {
  if (const auto found = flow_transfers_.find(flow); found != flow_transfers_.end()) {
    const std::vector<TransferId> ids = std::move(found->second);
    flow_transfers_.erase(found);
    for (const TransferId id : ids) {
      const SlotPointer slot = slot_of(id);
      if (!slot) continue;
      bool brings = false;
      {
        const auto guard = slot->guard();
        brings = slot->record.brings(flow);
      }
      if (brings) end(id, EndReason::kConnectionClosed, std::nullopt, flow, time);
    }
  }
  drop_ended_of(flow);
}

void TransferTable::on_end() {
  on_packet_start();
  while (!idle_order_.empty()) finish(slot_of(idle_order_.front()));
  while (!ended_.empty()) give_readings(ended_.begin(), false);
}

// Called with the record's guard held.
void TransferTable::charge(TransferSlot& slot) {
  const std::uint64_t now = slot.ended ? 0 : slot.record.footprint();
  const std::uint64_t before = slot.charged.load(std::memory_order_relaxed);
  if (now == before) return;
  slot.charged.store(now, std::memory_order_relaxed);
  slot.owner.kept_bytes_.fetch_add(now - before, std::memory_order_relaxed);
}

void TransferTable::keep_budget(const SlotPointer& slot) {
  TransferTable& owner = slot->owner;
  if (!slot->tracked.load(std::memory_order_relaxed) && !slot->tracked.exchange(true)) {
    run_at_owner(slot, &TransferTable::track);
  }
  const std::uint64_t kept = owner.kept_bytes();
  if (kept <= config_.kept_bytes_max) return;
  if (&owner == this) return relieve();
  if (!owner.relief_posted_.exchange(true)) owner.mailbox_.post([&owner] { owner.relieve(); });
  // The owner is behind: this one must not grow meanwhile.
  if (kept - config_.kept_bytes_max <= config_.kept_bytes_max / 4) return;
  const auto guard = slot->guard();
  slot->record.assembly.give_up_bytes(NotInspected::kOverBudget);
  charge(*slot);
}

void TransferTable::track(const SlotPointer& slot) {
  if (!slot->ended && !slot->kept_position) {
    slot->kept_position = kept_order_.insert(kept_order_.end(), slot->record.state.id);
  }
}

void TransferTable::relieve() {
  relief_posted_ = false;
  while (kept_bytes() > config_.kept_bytes_max && !kept_order_.empty()) {
    const SlotPointer slot = slot_of(kept_order_.front());
    kept_order_.pop_front();
    slot->kept_position.reset();
    slot->tracked = false;
    const std::uint64_t before = slot->charged;
    {
      const auto guard = slot->guard();
      slot->record.assembly.give_up_bytes(NotInspected::kOverBudget);
      charge(*slot);
    }
    if (slot->charged < before) stats_.given_up_total.add();
    // Ranges and names go with the transfer only.
    if (slot->charged > kScatteredBytes || slot->record.long_names() > 0) evict(slot);
  }
  // What is left are names.
  while (kept_bytes() > config_.kept_bytes_max && !idle_order_.empty()) evict(slot_of(idle_order_.front()));
}

}  // namespace sallyport
