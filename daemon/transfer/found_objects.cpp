// Objects found inside others (EmbeddedSearch) as transfers of their own.
#include <utility>

#include "daemon/transfer/transfer_table.h"

namespace sallyport {

void TransferTable::hear_found(const SlotPointer& slot) {
  std::vector<FoundPiece> pieces;
  TransferFacts facts;
  EvasionSet evasions = 0;
  FlowId flow;
  {
    const auto guard = slot->guard();
    TransferRecord& record = slot->record;
    if (!record.assembly.has_found()) return;
    pieces = record.assembly.take_found();
    facts = record.state.facts;
    evasions = record.state.evasions & ~bit(Evasion::kTypeMismatch);
    flow = record.flows.empty() ? facts.first_flow : record.flows.back().flow;
    slot->found_time = record.state.last_seen;
  }
  if (!slot->found) {
    embedded::OuterObject outer{*this, slot->found_time, flow, slot->record.state.key, facts};
    slot->found = std::make_unique<embedded::FoundTransfers>(std::move(outer), slot->spans_flows);
  }
  slot->found->go_on(flow, facts);
  slot->found->flag(evasions);
  for (const FoundPiece& piece : pieces) piece.give_to(*slot->found);
  slot->found->pause();
}

}  // namespace sallyport
