// Second readings: objects made of the other content of bytes that came twice, also when it came after the end.
#include <algorithm>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/transfer/transfer_table.h"

namespace sallyport {

bool TransferTable::reading(TransferId id, std::uint64_t offset, Bytes other, FlowId, Timestamp time) {
  const SlotPointer slot = slot_of(id);
  if (!slot) return reading_of_ended(id, offset, other, time);
  const auto guard = slot->guard();
  TransferRecord& record = slot->record;
  if (slot->ended || record.abandoned) return false;
  if (record.assembly.has_same(offset, other)) return true;
  if (record.is_reading || record.assembly.interest() < Interest::kContent) return false;
  record.state.evasions |= bit(Evasion::kTcpOverlap);
  if (!record.others.add(offset, other)) return false;
  charge(*slot);
  return true;
}

bool TransferTable::reading_of_ended(TransferId id, std::uint64_t offset, Bytes other, Timestamp time) {
  const auto ended = std::ranges::find_if(ended_, [id](const Ended& one) { return one.slot->record.state.id == id; });
  if (ended == ended_.end()) return false;
  const Bytes bytes = ended->bytes->bytes();
  const bool inside = offset <= bytes.size() && other.size() <= bytes.size() - offset;
  if (inside && std::ranges::equal(bytes.subspan(offset, other.size()), other)) return true;
  const auto guard = ended->slot->guard();
  if (!ended->slot->record.others.add(offset, other)) return false;
  if (!ended->due) ended->due = time + limits::kOtherReadingTime;
  return true;
}

void TransferTable::keep_ended(const SlotPointer& slot, std::shared_ptr<const ObjectBytes> bytes) {
  if (!bytes || slot->record.is_reading || slot->record.abandoned) return;
  ended_bytes_ += bytes->bytes().size();
  const auto ended = ended_.insert(ended_.end(), {slot, std::move(bytes), std::nullopt, 1});
  if (slot->record.others.has_fresh()) give_readings(ended, true);
  while (ended_.size() > limits::kEndedObjectsMax || (ended_bytes_ > limits::kEndedObjectBytesMax && !ended_.empty())) {
    give_readings(ended_.begin(), false);
  }
}

// It is out of the list meanwhile: what is given may end other objects, and those push out the oldest.
void TransferTable::give_readings(EndedList::iterator ended, bool keep) {
  EndedList out;
  out.splice(out.end(), ended_, ended);
  Ended& one = out.front();
  one.due.reset();
  for (const OtherReadings::Choice& choice : one.slot->record.others.take_choices()) give_reading(one, choice);
  if (keep) return ended_.splice(ended_.end(), out);
  ended_bytes_ -= one.bytes->bytes().size();
}

void TransferTable::give_reading(Ended& ended, const OtherReadings::Choice& choice) {
  const TransferRecord& record = ended.slot->record;
  const Transfer& first = record.state;
  const FlowId flow = record.flows.empty() ? first.facts.first_flow : record.flows.back().flow;
  ObjectIdentity identity{first.key + "/reading " + std::to_string(++ended.readings)};
  identity.search_inside = true;
  const TransferId id = begin(identity, first.facts, flow, first.last_seen).id;
  stats_.readings_total.add();
  if (const SlotPointer slot = slot_of(id)) {
    slot->record.is_reading = true;
    slot->record.state.other_parties = first.other_parties;
    if (!first.other_parties.empty()) tell_known(slot);
  }
  flag(id, first.evasions | bit(Evasion::kTcpOverlap));
  feed_reading(id, ended, choice);
  std::optional<NotInspected> why = first.not_inspected;
  if (record.others.leaves_mixtures()) why = NotInspected::kConflict;
  const EndReason cut = record.end_reason == EndReason::kPartDone ? EndReason::kConnectionClosed : record.end_reason;
  end(id, first.complete ? EndReason::kComplete : cut, why, flow, first.last_seen);
}

void TransferTable::feed_reading(TransferId id, const Ended& ended, const OtherReadings::Choice& choice) {
  const TransferRecord& record = ended.slot->record;
  std::uint64_t position = 0;
  for (const ByteRange& hole : record.assembly.seen().missing({0, record.state.size}, limits::kSeenRunsMax + 1)) {
    feed_reading_part(id, ended, choice, {position, hole.begin});
    this->hole(id, hole.begin, hole.size(), record.state.not_inspected.value_or(NotInspected::kGap));
    position = hole.end;
  }
  feed_reading_part(id, ended, choice, {position, record.state.size});
}

void TransferTable::feed_reading_part(TransferId id, const Ended& ended, const OtherReadings::Choice& choice,
                                      ByteRange part) {
  const Bytes bytes = ended.bytes->bytes();
  const Timestamp time = ended.slot->record.state.last_seen;
  const FlowId flow = ended.slot->record.state.facts.first_flow;
  part.end = std::min<std::uint64_t>(part.end, bytes.size());
  std::uint64_t at = part.begin;
  const auto take_first = [&](std::uint64_t end) {
    if (at < end) chunk(id, at, bytes.subspan(at, end - at), flow, time);
    at = std::max(at, end);
  };
  for (const OtherReadings::Range* const range : choice) {
    const std::uint64_t begin = std::max(at, range->offset);
    const std::uint64_t end = std::min(part.end, range->offset + range->bytes.size());
    if (begin >= end) continue;
    take_first(begin);
    chunk(id, begin, Bytes(range->bytes).subspan(begin - range->offset, end - begin), flow, time);
    at = end;
  }
  take_first(part.end);
}

void TransferTable::tick_ended(Timestamp now) {
  // What stays moves to the end meanwhile, so each is looked at once.
  for (std::size_t left = ended_.size(); left > 0 && !ended_.empty(); --left) {
    const Ended& oldest = ended_.front();
    const bool old = oldest.slot->record.state.last_seen + limits::kEndedObjectTime <= now;
    if (old || (oldest.due && *oldest.due <= now)) {
      give_readings(ended_.begin(), !old);
    } else {
      ended_.splice(ended_.end(), ended_, ended_.begin());
    }
  }
}

void TransferTable::drop_ended_of(FlowId flow) {
  const auto brought = [flow](const Ended& one) {
    return std::ranges::any_of(one.slot->record.flows, [flow](const TransferFlow& f) { return f.flow == flow; });
  };
  while (true) {
    const auto found = std::ranges::find_if(ended_, brought);
    if (found == ended_.end()) return;
    give_readings(found, false);
  }
}

}  // namespace sallyport
