#include "daemon/transfer/transfer_record.h"

#include <algorithm>

#include "daemon/base/limits.h"
#include "daemon/transfer/content_sniffer.h"

namespace sallyport {
namespace {

/// Bytes of names of one transfer that are not charged.
constexpr std::uint64_t kNamesFree = 2048;

template <class Value>
bool take(Value& known, const Value& told, bool replace) {
  if (told == Value{} || told == known || (known != Value{} && !replace)) return false;
  known = told;
  return true;
}

}  // namespace

TransferRecord::TransferRecord(TransferId id, const ObjectIdentity& identity_of, const TransferFacts& facts,
                               Timestamp time, const TransferConfig& config)
    : assembly(Interest::kContent, config),
      resumable(identity_of.resumable),
      identity(identity_of),
      noted_(facts.opaque) {
  state.id = id;
  state.key = identity_of.key;
  state.facts = facts;
  state.begun = time;
  state.last_seen = time;
}

bool TransferRecord::merge(const TransferFacts& facts, bool replace) {
  TransferFacts& known = state.facts;
  bool changed = false;
  for (const auto name :
       {&TransferFacts::method, &TransferFacts::host, &TransferFacts::path, &TransferFacts::file_name,
        &TransferFacts::form_field, &TransferFacts::inside, &TransferFacts::source, &TransferFacts::share,
        &TransferFacts::user, &TransferFacts::media_type, &TransferFacts::etag, &TransferFacts::alpn}) {
    changed |= take(known.*name, facts.*name, replace);
  }
  changed |= take(known.declared_size, facts.declared_size, replace);
  changed |= take(known.status, facts.status, replace);
  changed |= take(known.is_pipe, facts.is_pipe, replace);
  if (take(known.opaque, facts.opaque, replace)) {
    note(*known.opaque);
    changed = true;
  }
  return changed;
}

// Ports say nothing of who it is. Of a flow that only goes on with what is known already nothing is said.
void TransferRecord::add_parties(const Parties& parties) {
  if (parties.receiver == Endpoint()) return;
  const auto same = [&parties](const Endpoint& sender, const Endpoint& receiver) {
    return sender.address == parties.sender.address && receiver.address == parties.receiver.address;
  };
  if (same(state.facts.sender, state.facts.receiver)) return;
  for (const Parties& known : state.other_parties) {
    if (same(known.sender, known.receiver)) return;
  }
  if (state.other_parties.size() < limits::kOtherPartiesMax) {
    state.other_parties.push_back(parties);
  } else {
    state.has_untold_parties = true;
    note(NotInspected::kOverBudget);
  }
}

bool TransferRecord::join(TransferFlow flow) {
  const auto known =
      std::find_if(flows.begin(), flows.end(), [&](const TransferFlow& f) { return f.flow == flow.flow; });
  if (known != flows.end()) {
    known->open = true;
    return false;
  }
  if (flows.size() >= limits::kFlowsPerTransferMax) forget_a_flow();
  flows.push_back(flow);
  return true;
}

void TransferRecord::forget_a_flow() {
  const auto closed = std::find_if(flows.begin(), flows.end(), [](const TransferFlow& f) { return !f.open; });
  flows.erase(closed == flows.end() ? flows.begin() : closed);
}

void TransferRecord::leave(FlowId flow) {
  for (TransferFlow& known : flows) {
    if (known.flow == flow) known.open = false;
  }
}

bool TransferRecord::brings(FlowId flow) const {
  return std::any_of(flows.begin(), flows.end(), [&](const TransferFlow& f) { return f.open && f.flow == flow; });
}

bool TransferRecord::has_open_flows() const {
  return std::any_of(flows.begin(), flows.end(), [](const TransferFlow& f) { return f.open; });
}

bool TransferRecord::has_open_flows_elsewhere(std::uint32_t shard) const {
  return std::any_of(flows.begin(), flows.end(), [&](const TransferFlow& f) { return f.open && f.shard != shard; });
}

void TransferRecord::note_packet(PacketNumber packet, Timestamp time) {
  state.last_seen = std::max(state.last_seen, time);
  if (packet == packet_) return;
  packet_ = packet;
  seen_before_packet_ = assembly.seen().total();
}

void TransferRecord::lose(std::uint64_t offset, std::uint64_t size, NotInspected reason) {
  lose(reason);
  if (size == 0) lost_unknown_size_ = true;
  if (offset > limits::kObjectOffsetMax || size > limits::kObjectOffsetMax - offset) {
    lost_unknown_size_ = true;
  } else {
    hole_end_ = std::max(hole_end_, offset + size);
    assembly.lose({offset, offset + size}, reason);
  }
}

void TransferRecord::lose(NotInspected reason) {
  if (!lost_) lost_ = reason;
}

void TransferRecord::note_assumed_place(std::uint64_t offset) {
  assumed_from_ = std::min(assumed_from_.value_or(offset), offset);
}

void TransferRecord::lose_pieces() {
  lose(0, 0, NotInspected::kGap);
  if (assumed_from_) lose(*assumed_from_, size() - std::min(*assumed_from_, size()), NotInspected::kGap);
}

void TransferRecord::resize(std::uint64_t size) {
  floor_ = size;
  hole_end_ = std::min(hole_end_, size);
  // The protocol has said another size since.
  if (state.facts.declared_size && *state.facts.declared_size != size) state.facts.declared_size.reset();
}

// Opaque bytes cannot be had, whatever is wanted. Pieces may come again, and are compared with what came before. What
// is searched must be read, though the object as such is of no interest.
Interest TransferRecord::possible(Interest interest) const {
  if (state.facts.opaque) return std::min(interest, Interest::kAccount);
  if (interest < Interest::kDigest) return assembly.searches() ? Interest::kDigest : interest;
  const bool needs_bytes = identity.is_part || identity.pieces_agree;
  return needs_bytes ? Interest::kContent : interest;
}

void TransferRecord::start(Interest interest) {
  wanted_ = interest;
  assembly.keep_to_compare(!identity.is_part && interest < Interest::kContent);
  // A part is searched where it is composed, or at its end.
  const bool is_read = interest >= Interest::kDigest && !state.facts.opaque;
  if (identity.search_inside && is_read && !identity.is_part) {
    assembly.search_inside(embedded::scan_options(state.facts));
  }
  assembly.start(possible(interest));
}

void TransferRecord::want(Interest interest) {
  wanted_ = interest;
  assembly.keep_to_compare(!identity.is_part && interest < Interest::kContent);
  // What a part looks like says nothing of the object that it is composed into.
  const bool is_kept = identity.is_part && !state.facts.opaque && assembly.interest() == Interest::kContent;
  if (is_kept) return;
  // Bytes went by that nobody wanted to look at while the others had no part of it.
  const bool comes_too_late = possible(interest) > assembly.interest() && assembly.seen().total() > 0;
  if (comes_too_late && !state.other_parties.empty()) note(NotInspected::kOverBudget);
  assembly.want(possible(interest));
}

void TransferRecord::note(NotInspected reason) {
  if (!noted_) noted_ = reason;
}

std::uint64_t TransferRecord::size() const {
  return std::max({assembly.highest(), floor_, hole_end_, state.facts.declared_size.value_or(0)});
}

std::uint64_t TransferRecord::long_names() const {
  const std::uint64_t names = name_bytes(state.facts) + state.key.size() + identity.key.size() + identity.whole.size();
  return names > kNamesFree ? names : 0;
}

std::uint64_t TransferRecord::footprint() const {
  return assembly.footprint() + others.footprint() + long_names();
}

bool TransferRecord::covered() const {
  if (lost_unknown_size_) return false;
  const std::uint64_t whole = size();
  return state.facts.declared_size.value_or(whole) == whole && assembly.seen().covers({0, whole});
}

bool TransferRecord::is_whole() const {
  if (end_reason == EndReason::kComplete || (identity.grows && in_parts)) return covered();
  return covers_declared_size();
}

bool TransferRecord::gives_way_to(const ObjectIdentity& other, const TransferFacts& facts) const {
  if (other.replaces) return true;
  const auto& known = state.facts.declared_size;
  return other.pieces_agree && !ending && known && facts.declared_size && *known != *facts.declared_size;
}

const Transfer& TransferRecord::refresh(PacketNumber packet) {
  state.size = size();
  ByteAccount& account = state.account;
  const ByteRangeSet& seen = assembly.seen();
  account.seen = seen.total();
  account.repeated = assembly.repeated();
  account.conflicting = assembly.conflicting();
  account.delivered = packet == packet_ ? std::min(seen_before_packet_, account.seen) : account.seen;
  const std::uint64_t end = state.ended ? state.size : std::max(assembly.highest(), hole_end_);
  account.missing = seen.missing({0, end}, limits::kMissingRangesMax);
  account.missing_bytes = end - std::min(end, seen.total());
  state.content = assembly.content();
  state.not_inspected = noted_ ? noted_ : assembly.not_inspected() ? assembly.not_inspected() : lost_;
  if (identity.pieces_agree && account.conflicting > 0 && !noted_) state.not_inspected = NotInspected::kConflict;
  const EvasionSet mismatch = bit(Evasion::kTypeMismatch);
  const bool claims = claims_no_image(state.content, state.facts.file_name, state.facts.media_type);
  state.evasions = claims ? state.evasions | mismatch : state.evasions & ~mismatch;
  return state;
}

std::shared_ptr<const ObjectBytes> TransferRecord::finish(bool complete, PacketNumber packet) {
  const bool too_long = state.facts.declared_size && assembly.highest() > *state.facts.declared_size;
  // The first reading is gone, so the others cannot be made.
  if (!others.empty() && assembly.interest() < Interest::kContent) note(NotInspected::kConflict);
  ObjectAssembly::Whole whole = assembly.finish(complete, size());
  if (complete) {
    lost_.reset();
  } else if (!lost_) {
    const bool ended_well = end_reason == EndReason::kComplete || end_reason == EndReason::kPartDone;
    lost_ = too_long ? NotInspected::kProtocolError : ended_well ? NotInspected::kGap : NotInspected::kAborted;
  }
  state.ended = true;
  state.complete = complete;
  state.sha256 = whole.sha256;
  state.composed = composed_at_ == activity();
  refresh(packet);
  if (identity.search_inside && identity.is_part && !state.composed && whole.bytes) {
    assembly.search_whole(embedded::scan_options(state.facts), whole.bytes->bytes(), complete);
  }
  const bool is_wanted = !state.composed && wanted_ == Interest::kContent;
  return is_wanted ? std::move(whole.bytes) : nullptr;
}

}  // namespace sallyport
