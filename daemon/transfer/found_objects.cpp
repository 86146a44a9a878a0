// Objects found inside others (EmbeddedSearch) as transfers of their own.
#include <utility>

#include "daemon/protocols/embedded/embedded_transfers.h"
#include "daemon/transfer/transfer_table.h"

namespace sallyport {

void TransferTable::hear_found(const SlotPointer& slot) {
  std::vector<FoundPiece> pieces;
  Transfer outer;
  FlowId flow;
  {
    const auto guard = slot->guard();
    TransferRecord& record = slot->record;
    if (!record.assembly.has_found()) return;
    pieces = record.assembly.take_found();
    outer = record.state;
    flow = record.flows.empty() ? outer.facts.first_flow : record.flows.back().flow;
  }
  for (const FoundPiece& piece : pieces) take_found(*slot, outer, flow, piece);
}

void TransferTable::take_found(TransferSlot& slot, const Transfer& outer, FlowId flow, const FoundPiece& piece) {
  // The next piece may come on another connection when this one is gone.
  if (piece.begins || slot.spans_flows) begin_found(slot, outer, flow, piece);
  auto& open = slot.found;
  const Timestamp time = outer.last_seen;
  if (open.interest >= Interest::kDigest) {
    chunk(open.id, open.offset, piece.bytes, flow, time);
  } else {
    pass(open.id, open.offset, piece.bytes.size(), flow, time);
  }
  open.offset += piece.bytes.size();
  if (!piece.ends && slot.spans_flows) end(open.id, EndReason::kPartDone, std::nullopt, flow, time);
  if (!piece.ends) return;
  if (!piece.reason) unit_end(open.id, flow, time);
  if (piece.reason) hole(open.id, open.offset, 0, *piece.reason);
  end(std::exchange(open.id, {}), piece.reason ? EndReason::kAborted : EndReason::kComplete, piece.reason, flow, time);
}

void TransferTable::begin_found(TransferSlot& slot, const Transfer& outer, FlowId flow, const FoundPiece& piece) {
  if (piece.begins) ++slot.found.count;
  ObjectIdentity identity{outer.key + "/embedded " + std::to_string(slot.found.count), slot.spans_flows};
  identity.outer = outer.key;
  TransferFacts facts = outer.facts;
  embedded::describe_found(facts, {ContentType::kUnknown, piece.inside, piece.label, piece.media_type});
  const BegunTransfer begun = begin(identity, facts, flow, outer.last_seen);
  slot.found.id = begun.id;
  slot.found.interest = begun.interest;
  if (piece.begins) slot.found.offset = 0;
  flag(begun.id, outer.evasions & ~bit(Evasion::kTypeMismatch));
}

}  // namespace sallyport
