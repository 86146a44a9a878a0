#include "daemon/transfer/transfer_table.h"

#include <algorithm>

namespace sallyport {
namespace {

/// Ids of different tables differ in the high bits, so that no counter is shared: 2^40 transfers per shard.
constexpr unsigned kShardShift = 40;
/// How far an opaque transfer grows between two looks at it: a block comes so many bytes late at most.
constexpr std::uint64_t kAccountStepBytes = std::uint64_t{1} << 20;

}  // namespace

TransferTable::TransferTable(std::uint32_t shard, ObjectSink& sink, Mailbox& mailbox, SharedTransfers& shared,
                             const TransferConfig& config)
    : shard_(shard), sink_(sink), mailbox_(mailbox), shared_(shared), config_(config) {}

TransferTable::SlotPointer TransferTable::make_slot(const ObjectIdentity& identity, const TransferFacts& facts,
                                                    Timestamp time) {
  const TransferId id{(std::uint64_t{shard_} + 1) << kShardShift | ++last_id_};
  return std::make_shared<TransferSlot>(*this, identity.spans_flows,
                                        TransferRecord(id, identity, facts, time, config_));
}

TransferTable::SlotPointer TransferTable::place(const ObjectIdentity& identity, const TransferFacts& facts,
                                                Timestamp time) {
  if (identity.join_only) return identity.spans_flows ? shared_.find(identity.key) : nullptr;
  if (identity.spans_flows) {
    return shared_.find_or_add(identity.key, [&] { return make_slot(identity, facts, time); });
  }
  if (const auto running = keys_.find(identity.key); running != keys_.end()) return slots_.at(running->second);
  return make_slot(identity, facts, time);
}

BegunTransfer TransferTable::begin(const ObjectIdentity& identity, const TransferFacts& facts, FlowId flow,
                                   Timestamp time) {
  while (true) {
    const std::uint64_t ids_before = last_id_;
    const SlotPointer slot = place(identity, facts, time);
    if (!slot) return {};
    if (last_id_ != ids_before) return open(slot, flow);
    if (gives_way(slot, identity, facts)) continue;
    // Nothing where it ended on another thread meanwhile: then its key is free, and the next round gives a new
    // transfer.
    if (const auto joined = join(slot, facts, identity.resumable, flow, time)) return *joined;
  }
}

// True when its key is free now. Else the transfer goes on, and may have turned out to be a part, or of pieces.
bool TransferTable::gives_way(const SlotPointer& slot, const ObjectIdentity& identity, const TransferFacts& facts) {
  {
    const auto guard = slot->guard();
    if (slot->ended) return false;
    if (!slot->record.gives_way_to(identity, facts)) {
      slot->record.identity.is_part |= identity.is_part;
      slot->record.identity.pieces_agree |= identity.pieces_agree;
      return false;
    }
  }
  replace(slot);
  return true;
}

void TransferTable::replace(const SlotPointer& slot) {
  bool is_over = false;
  {
    const auto guard = slot->guard();
    slot->record.replaced = true;
    is_over = !slot->record.has_open_flows();
  }
  free_key(*slot);
  if (is_over) run_at_owner(slot, &TransferTable::finish);
}

void TransferTable::free_key(TransferSlot& slot) {
  const Transfer& transfer = slot.record.state;
  if (slot.spans_flows) return shared_.remove(transfer.key, slot);
  const auto found = keys_.find(transfer.key);
  if (found != keys_.end() && found->second == transfer.id) keys_.erase(found);
}

// Other shards may join it from the moment it is placed; until the sink has answered, all its bytes are kept for it.
BegunTransfer TransferTable::open(const SlotPointer& slot, FlowId flow) {
  if (idle_order_.size() >= config_.open_transfers_max) evict(slot_of(idle_order_.front()));
  stats_.begun_total.add();
  inherit_parties(*slot);
  Transfer transfer;
  {
    const auto guard = slot->guard();
    slot->record.join({flow, shard_, true});
    transfer = slot->record.refresh(packet());
  }
  slot->idle_position = idle_order_.insert(idle_order_.end(), transfer.id);
  if (!slot->spans_flows) keys_.emplace(transfer.key, transfer.id);
  remember(slot, flow);
  if (!slot->record.identity.whole.empty()) shared_.add_part(slot->record.identity.whole, transfer.begun);
  stats_.open.set(idle_order_.size());
  const Interest interest = sink_.on_begin(transfer);
  const auto guard = slot->guard();
  if (!slot->record.abandoned) slot->record.start(interest);
  charge(*slot);
  return {transfer.id, slot->record.assembly.interest()};
}

std::optional<BegunTransfer> TransferTable::join(const SlotPointer& slot, const TransferFacts& facts, bool resumable,
                                                 FlowId flow, Timestamp time) {
  TransferRecord& record = slot->record;
  bool changed = false;
  {
    const auto guard = slot->guard();
    if (slot->ended) return std::nullopt;
    changed = record.merge(facts, false);
    changed |= record.join({flow, shard_, true});
    record.add_parties({facts.sender, facts.receiver});
    record.resumable |= resumable;
    record.note_packet(packet(), time);
    if (!record.ending) record.deadline.reset();
    const bool is_guest = &slot->owner != this;
    if (is_guest && std::find(slot->guests.begin(), slot->guests.end(), this) == slot->guests.end())
      slot->guests.push_back(this);
    remember(slot, flow);
  }
  stats_.joined_total.add();
  touch(*slot);
  inherit_parties(*slot);
  if (changed) tell_known(slot);
  const auto guard = slot->guard();
  return BegunTransfer{record.state.id, record.assembly.interest(), true};
}

// Whoever got a part of an object may have got what was found in it.
void TransferTable::inherit_parties(TransferSlot& slot) {
  const std::string& key = slot.record.identity.outer;
  const SlotPointer outer = key.empty() ? nullptr : running(key);
  if (!outer) return;
  std::vector<Parties> parties;
  {
    const auto guard = outer->guard();
    parties = outer->record.state.other_parties;
  }
  const auto guard = slot.guard();
  for (const Parties& pair : parties) slot.record.add_parties(pair);
}

void TransferTable::remember(const SlotPointer& slot, FlowId flow) {
  const TransferId id = slot->record.state.id;
  slots_.emplace(id, slot);
  std::vector<TransferId>& of_flow = flow_transfers_[flow];
  if (std::find(of_flow.rbegin(), of_flow.rend(), id) == of_flow.rend()) of_flow.push_back(id);
}

void TransferTable::forget(const SlotPointer& slot) {
  const auto guard = slot->guard();
  const TransferId id = slot->record.state.id;
  for (const TransferFlow& brought : slot->record.flows) {
    const auto found = flow_transfers_.find(brought.flow);
    if (found == flow_transfers_.end()) continue;
    std::erase(found->second, id);
    if (found->second.empty()) flow_transfers_.erase(found);
  }
  slots_.erase(id);
}

TransferTable::SlotPointer TransferTable::slot_of(TransferId id) const {
  const auto found = slots_.find(id);
  return found == slots_.end() ? nullptr : found->second;
}

template <class Work>
bool TransferTable::feed(TransferId id, FlowId flow, Timestamp time, Work work) {
  const auto found = slots_.find(id);
  if (found == slots_.end()) return false;
  const SlotPointer& slot = found->second;
  bool known = false;
  bool found_inside = false;
  std::optional<Direction> withheld;
  {
    const auto guard = slot->guard();
    TransferRecord& record = slot->record;
    if (slot->ended || record.abandoned) return false;
    record.note_packet(packet(), time);
    if (record.withheld) {
      withheld = record.state.facts.upload ? Direction::kClientToServer : Direction::kServerToClient;
    }
    if (!record.ending) record.deadline.reset();
    known = work(record);
    found_inside = record.assembly.has_found();
    charge(*slot);
  }
  touch(*slot);
  const bool keeps = slot->charged.load(std::memory_order_relaxed) > 0;
  if (!keeps && !known && !found_inside && !withheld) return true;
  const SlotPointer held = slot;  // what follows may end it
  if (withheld) sink_.on_withheld_bytes(id, flow, *withheld);
  if (keeps) keep_budget(held);
  if (known) tell_known(held);
  if (found_inside) run_at_owner(held, &TransferTable::hear_found);
  return true;
}

void TransferTable::chunk(TransferId id, std::uint64_t offset, Bytes bytes, FlowId flow, Timestamp time) {
  stats_.chunks_total.add();
  stats_.seen_bytes_total.add(bytes.size());
  feed(id, flow, time, [&](TransferRecord& record) { return record.assembly.chunk(offset, bytes); });
}

void TransferTable::pass(TransferId id, std::uint64_t offset, std::uint64_t size, FlowId flow, Timestamp time) {
  stats_.passed_bytes_total.add(size);
  feed(id, flow, time, [&](TransferRecord& record) {
    record.assembly.pass(offset, size);
    // Nothing else of it will ever be known, and a rule may ask how much it is.
    return record.state.facts.opaque && offset / kAccountStepBytes != (offset + size) / kAccountStepBytes;
  });
}

void TransferTable::update(TransferId id, const TransferFacts& facts) {
  const SlotPointer slot = slot_of(id);
  if (!slot) return;
  {
    const auto guard = slot->guard();
    if (slot->ended || !slot->record.merge(facts, true)) return;
  }
  tell_known(slot);
}

void TransferTable::hole(TransferId id, std::uint64_t offset, std::uint64_t size, NotInspected reason) {
  const SlotPointer slot = slot_of(id);
  if (!slot) return;
  const auto guard = slot->guard();
  if (!slot->ended) slot->record.lose(offset, size, reason);
}

void TransferTable::lost_piece(const IpAddress& server, Timestamp time) {
  shared_.note_lost_piece(server, time);
}

void TransferTable::resize(TransferId id, std::uint64_t size) {
  const SlotPointer slot = slot_of(id);
  if (!slot) return;
  {
    const auto guard = slot->guard();
    if (slot->ended || slot->record.abandoned) return;
    slot->record.resize(size);
    const bool starts_anew = slot->record.assembly.resize(size);
    charge(*slot);
    if (!starts_anew) return;
  }
  tell_known(slot);
}

void TransferTable::flag(TransferId id, EvasionSet evasions) {
  const SlotPointer slot = slot_of(id);
  if (!slot) return;
  const auto guard = slot->guard();
  if (!slot->ended) slot->record.state.evasions |= evasions;
}

void TransferTable::unit_end(TransferId id, FlowId flow, Timestamp) {
  if (const SlotPointer slot = slot_of(id)) tell_unit_end(slot, flow);
}

std::optional<Transfer> TransferTable::find(TransferId id) {
  const SlotPointer slot = slot_of(id);
  if (!slot) return std::nullopt;
  const auto guard = slot->guard();
  if (slot->ended) return std::nullopt;
  return slot->record.refresh(packet());
}

std::shared_ptr<const ObjectBytes> TransferTable::snapshot(TransferId id) {
  const SlotPointer slot = slot_of(id);
  if (!slot) return nullptr;
  const auto guard = slot->guard();
  return slot->ended ? nullptr : slot->record.assembly.snapshot();
}

std::optional<std::uint64_t> TransferTable::image_end(TransferId id) {
  const SlotPointer slot = slot_of(id);
  if (!slot) return std::nullopt;
  const auto guard = slot->guard();
  return slot->record.assembly.image_end();
}

std::vector<TransferFlow> TransferTable::flows(TransferId id) {
  const SlotPointer slot = slot_of(id);
  if (!slot) return {};
  const auto guard = slot->guard();
  return slot->record.flows;
}

void TransferTable::abandon(TransferId id) {
  const SlotPointer slot = slot_of(id);
  if (!slot) return;
  const auto guard = slot->guard();
  slot->record.abandoned = true;
  slot->record.assembly.want(Interest::kNone);
  charge(*slot);
}

void TransferTable::withhold(TransferId id, bool wanted) {
  const SlotPointer slot = slot_of(id);
  if (!slot) return;
  const auto guard = slot->guard();
  slot->record.withheld = wanted;
}

void TransferTable::touch(TransferSlot& slot) {
  if (&slot.owner != this || slot.ended.load(std::memory_order_relaxed)) return;
  idle_order_.splice(idle_order_.end(), idle_order_, slot.idle_position);
  if (slot.kept_position) kept_order_.splice(kept_order_.end(), kept_order_, *slot.kept_position);
}

void TransferTable::run_at_owner(const SlotPointer& slot, void (TransferTable::*work)(const SlotPointer&)) {
  TransferTable* const owner = &slot->owner;
  if (owner == this) return (this->*work)(slot);
  owner->mailbox_.post([owner, slot, work] { (owner->*work)(slot); });
}

void TransferTable::tell_known(const SlotPointer& slot) {
  run_at_owner(slot, &TransferTable::hear_known);
}

void TransferTable::hear_known(const SlotPointer& slot) {
  Transfer transfer;
  {
    const auto guard = slot->guard();
    if (slot->ended) return;
    transfer = slot->record.refresh(packet());
  }
  const Interest interest = sink_.on_known(transfer);
  const auto guard = slot->guard();
  if (slot->ended || slot->record.abandoned) return;
  slot->record.want(interest);
  charge(*slot);
}

void TransferTable::tell_unit_end(const SlotPointer& slot, FlowId flow) {
  Transfer transfer;
  {
    const auto guard = slot->guard();
    if (slot->ended || slot->record.abandoned) return;
    transfer = slot->record.refresh(packet());
  }
  TransferTable* const owner = &slot->owner;
  if (owner == this) return hear_unit_end(slot, transfer, flow);
  owner->mailbox_.post(
      [owner, slot, transfer = std::move(transfer), flow] { owner->hear_unit_end(slot, transfer, flow); });
}

void TransferTable::hear_unit_end(const SlotPointer& slot, const Transfer& transfer, FlowId flow) {
  if (!slot->ended) sink_.on_unit_end(transfer, flow);
}

}  // namespace sallyport
