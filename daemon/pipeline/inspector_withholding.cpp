// The part of Inspector for front ends that withhold whole objects: what is held from when on, and what is said
// instead.
#include <algorithm>

#include "daemon/actions/block_page.h"
#include "daemon/pipeline/inspector.h"

namespace sallyport {
namespace {

bool is_file(const Transfer& transfer) {
  return transfer.facts.protocol == Protocol::kSmb1 || transfer.facts.protocol == Protocol::kSmb2;
}

}  // namespace

Direction Inspector::transfer_direction(const Transfer& transfer) {
  return transfer.facts.upload ? Direction::kClientToServer : Direction::kServerToClient;
}

// SMB by its credits, HTTP/2 by its windows: the sender goes on only when what is withheld has been answered.
bool Inspector::waits_for_answers(const Transfer& transfer) {
  return is_file(transfer) || transfer.facts.protocol == Protocol::kHttp2;
}

// Bytes that begin an HTTP body may stay in a decoder for a while: what brings them is held from its beginning. Of a
// file over SMB every byte is told of as it comes, and what opens it must pass.
void Inspector::decide_withholding(const Transfer& transfer, const Inspection& inspection) {
  if (!control_.capabilities().can_withhold_objects) return;
  const bool wanted =
      inspection.demand.may_block && inspection.stage == Stage::kReceiving && !inspection.passes && !transfer.ended;
  extraction_->table().withhold(transfer.id, wanted);
  if (!wanted) return settle(transfer.id);
  if (!is_file(transfer) && transfer.account.seen == 0) {
    on_withheld_bytes(transfer.id, transfer.facts.first_flow, transfer_direction(transfer));
  }
}

void Inspector::on_withheld_bytes(TransferId id, FlowId flow, Direction direction) {
  const auto patience = std::max(config_.withhold_max, config_.deadline_min);
  const auto found = inspections_.find(id);
  // What another shard decides about comes over SMB.
  const bool sender_waits = found == inspections_.end() || found->second.sender_waits;
  if (!hold_queue_.hold({flow, direction, id, {}, now_, now_ + patience, sender_waits})) {
    return mailbox_->post([this, id] { give_up(id, NotInspected::kOverBudget); });
  }
  if (found == inspections_.end() || found->second.delivered_at_hold) return;
  stats_.holds.add();
  const auto transfer = extraction_->table().find(id);
  found->second.delivered_at_hold = transfer ? transfer->account.delivered : 0;
  if (direction == Direction::kServerToClient) found->second.answer_behind = extraction_->answer_begin(flow, direction);
}

void Inspector::on_hold_full(FlowId flow, Direction direction) {
  for (const TransferId id : hold_queue_.holders(flow, direction)) {
    // Of another shard's transfer nothing can be decided here: it stays held, which ends the flow.
    if (inspections_.contains(id)) give_up(id, NotInspected::kOverBudget);
  }
}

void Inspector::stop_withholding(TransferId id) {
  if (control_.capabilities().can_withhold_objects) extraction_->table().withhold(id, false);
}

void Inspector::settle_elsewhere(TransferId id) {
  const auto found = inspections_.find(id);
  if (found == inspections_.end()) return;
  const Inspection& inspection = found->second;
  for (const TransferFlow& flow : inspection.ended ? inspection.flows : extraction_->table().flows(id)) {
    if (flow.shard == config_.shard) continue;
    shards_.post(flow.shard, [id](Inspector& other) { other.settle(id); });
  }
}

// Only where what is said now is read as the answer to the request that is blocked, or asked for what is.
void Inspector::say_blocked(const Inspection& inspection, const Transfer& transfer, const Verdict& verdict,
                            FlowId flow) {
  // The end of a download has ended its answer too.
  const auto behind =
      transfer.facts.upload ? extraction_->answer_begin(flow, Direction::kClientToServer) : inspection.answer_behind;
  if (!behind) return;
  const BlockNotice notice{inspection.policy->policy->name(), event_id(config_.sensor, transfer, verdict.policy_digest),
                           config_.contact};
  const std::string answer = block_answer(notice, transfer.facts.wants_json);
  control_.answer(flow, Direction::kServerToClient, *behind, as_byte_span(answer));
}

}  // namespace sallyport
