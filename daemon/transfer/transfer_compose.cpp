// Objects made of other transfers: parts uploaded one by one, a body whose place is known only from the reply.
#include <algorithm>

#include "daemon/base/limits.h"
#include "daemon/transfer/transfer_table.h"

namespace sallyport {
namespace {

/// Bytes copied at once from a part to its object, so that no lock is held for long.
constexpr std::size_t kCopyBytes = 64 * 1024;

}  // namespace

BegunTransfer TransferTable::compose(const ObjectIdentity& identity, const TransferFacts& facts,
                                     const Composition& parts, FlowId flow, Timestamp time) {
  const BegunTransfer begun = begin(identity, facts, flow, time);
  const SlotPointer whole = slot_of(begun.id);
  if (!whole) return begun;
  stats_.composed_total.add();
  if (parts.parts.size() > limits::kPartsPerObjectMax) {
    hole(begun.id, parts.offset.value_or(0), 0, NotInspected::kOverBudget);
    return begun;
  }
  take_parties(whole, parts);
  std::optional<std::uint64_t> offset = parts.offset;
  if (!offset) offset = place_behind(whole);
  for (std::size_t index = 0; offset && index < parts.parts.size(); ++index) {
    offset = add_part(whole, running_part(parts, index), *offset, time);
  }
  const auto guard = whole->guard();
  if (!whole->ended) whole->record.note_delivered();
  return begun;
}

std::uint64_t TransferTable::place_behind(const SlotPointer& whole) {
  const auto guard = whole->guard();
  const std::uint64_t place = whole->record.refresh(packet()).size;
  whole->record.note_assumed_place(place);
  return place;
}

// The bytes need not be kept for that: what was hashed goes on being hashed.
TransferId TransferTable::rekey(TransferId id, const ObjectIdentity& identity, FlowId flow, Timestamp) {
  const SlotPointer from = slot_of(id);
  if (!from || from->ended || from->spans_flows || from->record.abandoned) return {};
  while (true) {
    bool moved = false;
    const SlotPointer slot = shared_.find_or_add(identity.key, [&] {
      moved = true;
      return move_slot(*from, identity);
    });
    if (moved) {
      const BegunTransfer begun = open(slot, flow);
      finish(from);
      if (slot->charged > 0) keep_budget(slot);
      return begun.id;
    }
    if (!makes_room(slot, *from)) return {};
  }
}

// An earlier attempt that came less far than this one; the next round finds its key free.
bool TransferTable::makes_room(const SlotPointer& slot, const TransferSlot& from) {
  {
    const auto guard = slot->guard();
    if (slot->ended) return true;
    const bool has_less = slot->record.assembly.seen().total() <= from.record.assembly.seen().total();
    if (!has_less || slot->record.has_open_flows()) return false;
  }
  replace(slot);
  return true;
}

// `from` stays behind empty. It is of one thread, and nobody knows the new slot yet: no guard.
TransferTable::SlotPointer TransferTable::move_slot(TransferSlot& from, const ObjectIdentity& identity) {
  const SlotPointer slot = make_slot(identity, from.record.state.facts, from.record.state.begun);
  std::swap(slot->record, from.record);
  std::swap(slot->record.state.id, from.record.state.id);
  std::swap(slot->record.state.key, from.record.state.key);
  std::swap(slot->record.identity, from.record.identity);
  from.record.flows = slot->record.flows;
  from.record.note_composed();
  charge(from);
  return slot;
}

TransferTable::SlotPointer TransferTable::running(const std::string& key) const {
  const auto found = keys_.find(key);
  return found != keys_.end() ? slot_of(found->second) : shared_.find(key);
}

/// Null where it is not there: another sending of a part, told by its entity tag, is not the one that was listed.
TransferTable::SlotPointer TransferTable::running_part(const Composition& parts, std::size_t index) const {
  const SlotPointer part = running(parts.parts[index]);
  if (!part || index >= parts.etags.size() || parts.etags[index].empty()) return part;
  const auto guard = part->guard();
  const std::string& etag = part->record.state.facts.etag;
  return etag.empty() || etag == parts.etags[index] ? part : nullptr;
}

/// Gives where the next part begins; nothing where nobody knows.
std::optional<std::uint64_t> TransferTable::add_part(const SlotPointer& whole, const SlotPointer& part,
                                                     std::uint64_t offset, Timestamp time) {
  const TransferId id = whole->record.state.id;
  if (!part || part == whole) {
    hole(id, offset, 0, NotInspected::kGap);
    return std::nullopt;
  }
  Transfer transfer;
  std::vector<ByteRange> holes;
  bool is_over = false;
  {
    const auto guard = part->guard();
    transfer = part->record.refresh(packet());
    is_over = part->record.in_parts && !part->record.has_open_flows() && !transfer.facts.opaque;
    holes = part->record.assembly.seen().missing({0, transfer.size}, limits::kSeenRunsMax + 1);
    part->record.note_composed();
  }
  const NotInspected reason = transfer.not_inspected.value_or(NotInspected::kGap);
  std::uint64_t position = 0;
  for (const ByteRange& missing : holes) {
    add_part_bytes(whole, *part, {{position, missing.begin}, offset, time});
    hole(id, offset + missing.begin, missing.size(), reason);
    position = missing.end;
  }
  add_part_bytes(whole, *part, {{position, transfer.size}, offset, time});
  // What is still on its way, or was never on the wire, has a size of its own that nobody knows.
  const bool is_size_known = is_over || transfer.facts.declared_size;
  if (!is_size_known) hole(id, offset + transfer.size, 0, reason);
  if (transfer.evasions) flag(id, transfer.evasions);
  return is_size_known ? std::optional(offset + transfer.size) : std::nullopt;
}

/// Before the bytes: whoever decides may want more of an object that went to others too.
void TransferTable::take_parties(const SlotPointer& whole, const Composition& parts) {
  for (std::size_t index = 0; index < parts.parts.size(); ++index) {
    const SlotPointer part = running_part(parts, index);
    if (!part || part == whole) continue;
    std::vector<Parties> pairs;
    {
      const auto guard = part->guard();
      pairs = part->record.state.other_parties;
      pairs.push_back({part->record.state.facts.sender, part->record.state.facts.receiver});
    }
    const auto guard = whole->guard();
    for (const Parties& pair : pairs) whole->record.add_parties(pair);
  }
  bool has_others = false;
  {
    const auto guard = whole->guard();
    has_others = !whole->record.state.other_parties.empty();
  }
  if (has_others) tell_known(whole);
}

void TransferTable::add_part_bytes(const SlotPointer& whole, TransferSlot& part, const PartBytes& bytes) {
  const TransferId id = whole->record.state.id;
  ByteBuffer buffer(static_cast<std::size_t>(std::min<std::uint64_t>(kCopyBytes, bytes.range.size())));
  std::uint64_t position = bytes.range.begin;
  while (position < bytes.range.end) {
    const std::uint64_t left = bytes.range.end - position;
    const std::span<std::byte> piece(buffer.data(),
                                     static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size())));
    bool is_kept = false;
    {
      const auto guard = part.guard();
      is_kept = part.record.assembly.read(position, piece);
    }
    if (!is_kept) {
      note_unkept(*whole);
      return pass(id, bytes.offset + position, left, FlowId{}, bytes.time);
    }
    chunk(id, bytes.offset + position, piece, FlowId{}, bytes.time);
    position += piece.size();
  }
}

// Bytes were seen that nobody can look at any more; where nobody would, nothing is lost.
void TransferTable::note_unkept(TransferSlot& whole) {
  const auto guard = whole.guard();
  if (whole.record.assembly.interest() >= Interest::kDigest) whole.record.note(NotInspected::kOverBudget);
}

}  // namespace sallyport
