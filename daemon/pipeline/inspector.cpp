#include "daemon/pipeline/inspector.h"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// The classifier answers at its deadline at the latest; a hold ends a little later, so that the answer comes first.
constexpr std::chrono::milliseconds kHoldMargin{250};

/// About a prefix these say nothing: it may be cut off in the middle of what a whole image would show.
bool is_about_the_cut(NotInspected reason) {
  return reason == NotInspected::kDecodeError || reason == NotInspected::kUnsupportedFormat;
}

/// True where there was something to forget: nothing could be seen, for the cut.
bool forget_the_cut(Findings& findings) {
  bool forgot = false;
  const auto forget = [&forgot](ImageFindings& image) {
    if (!image.not_inspected || !is_about_the_cut(*image.not_inspected)) return;
    image.not_inspected.reset();
    forgot = true;
  };
  forget(findings);
  std::for_each(findings.parts.begin(), findings.parts.end(), forget);
  return forgot;
}

/// Counts a transfer that is blocked in its middle. Another shard may have tripped the rule's breaker since `found` was
/// found: what is being stopped is stopped all the same.
Verdict conclude_block(const ActivePolicy& active, const Transfer& transfer, const Findings& findings,
                       const Verdict& found) {
  Verdict concluded = active.policy->conclude(transfer, findings, *active.memory);
  return concluded.action == Action::kBlock ? concluded : found;
}

}  // namespace

Inspector::Inspector(InspectionConfig config, FlowControl& control, Classifier& classifier, EventSink& events,
                     PolicySource policy, std::shared_ptr<Mailbox> mailbox, const ShardDirectory& shards)
    : config_(std::move(config)),
      control_(control),
      classifier_(classifier),
      events_(events),
      policy_(std::move(policy)),
      mailbox_(std::move(mailbox)),
      shards_(shards),
      enforcer_(control),
      hold_queue_(control, config_.hold),
      event_builder_(config_.sensor, std::string(control.capabilities().front_end)) {}

void Inspector::on_packet_start(Timestamp time) {
  now_ = time;
  in_packet_ = true;
}

void Inspector::on_packet_done(const PacketPlace& place) {
  in_packet_ = false;
  if (!place.flow) return;
  if (place.carries_stream) hold_queue_.touch(place.flow, now_);
  if (blocked_flows_.empty()) return;
  if (const auto blocked = blocked_flows_.find(place.flow); blocked != blocked_flows_.end()) blocked->second = now_;
}

void Inspector::on_tick(Timestamp now) {
  now_ = now;
  for (const TransferId id : hold_queue_.quiet(now)) peek(id);
  for (const TransferId id : hold_queue_.expired(now)) give_up(id, NotInspected::kDeadline);
  // The reassembler forgets a blocked flow that was silent for as long; after that no packet names it again.
  const Timestamp oldest = now - extraction_->blocked_timeout();
  std::erase_if(blocked_flows_, [&](const auto& entry) {
    if (entry.second > oldest) return false;
    control_.forget(entry.first);
    return true;
  });
}

Interest Inspector::on_flow_open(const Flow& flow) {
  const Interest interest = policy_()->policy->interest(flow);
  if (interest == Interest::kNone) {
    stats_.flows_bypassed.add();
    // The packet at hand carries the mark; nobody tells us of the flow again, so the front end keeps nothing of it
    // either. The kernel would pass all that its tunnel carries.
    if (!flow.tunnelled) control_.bypass(flow.id);
    control_.forget(flow.id);
  }
  return interest;
}

void Inspector::on_flow_close(FlowId flow, CloseReason reason, Timestamp time) {
  if (reason == CloseReason::kBlocked) {
    hold_queue_.forget(flow);
    blocked_flows_.insert_or_assign(flow, time);
  } else if (is_held(flow)) {
    const Flow* const known = extraction_->find(flow);
    if (known != nullptr) closed_flows_.emplace(flow, *known);
  } else {
    control_.forget(flow);
  }
}

bool Inspector::is_held(FlowId flow) const {
  return hold_queue_.is_held(flow, Direction::kClientToServer) || hold_queue_.is_held(flow, Direction::kServerToClient);
}

void Inspector::settle(TransferId id) {
  if (control_.capabilities().can_withhold_objects) settle_elsewhere(id);
  hold_queue_.settle(id);
  std::erase_if(closed_flows_, [this](const auto& closed) {
    if (is_held(closed.first)) return false;
    control_.forget(closed.first);
    return true;
  });
}

const Flow* Inspector::find_flow(FlowId flow) const {
  const auto closed = closed_flows_.find(flow);
  return closed != closed_flows_.end() ? &closed->second : extraction_->find(flow);
}

Interest Inspector::on_begin(const Transfer& transfer) {
  Inspection inspection;
  inspection.policy = policy_();
  inspection.demand = inspection.policy->policy->demand(transfer, *inspection.policy->memory);
  if (inspection.demand.interest == Interest::kNone) return Interest::kNone;
  stats_.transfers.add();
  inspection.sender_waits = waits_for_answers(transfer);
  Inspection& kept = inspections_[transfer.id] = std::move(inspection);
  const Interest interest = kept.demand.interest;
  decide_withholding(transfer, kept);
  learn(kept, transfer);
  return interest;
}

Interest Inspector::on_known(const Transfer& transfer) {
  const auto found = inspections_.find(transfer.id);
  // What was of no interest may become so when others get a part of it.
  if (found == inspections_.end()) return transfer.other_parties.empty() ? Interest::kNone : on_begin(transfer);
  Inspection& inspection = found->second;
  if (inspection.stage == Stage::kBlocked) {
    block_joined_flows(transfer.id);
    return Interest::kAccount;
  }
  inspection.demand = inspection.policy->policy->demand(transfer, *inspection.policy->memory);
  const Interest interest = inspection.demand.interest;
  decide_withholding(transfer, inspection);
  learn(inspection, transfer);
  return interest;
}

// What is known may already be enough to block: an address, a name, an encrypted transfer that a rule refuses.
void Inspector::learn(Inspection& inspection, const Transfer& transfer) {
  if (!inspection.demand.may_block || inspection.stage != Stage::kReceiving) return;
  const ActivePolicy& active = *inspection.policy;
  const Verdict verdict = active.policy->evaluate(transfer, {}, *active.memory);
  if (verdict.action != Action::kBlock) return;
  finish(transfer.id, inspection, transfer, conclude_block(active, transfer, {}, verdict), {});
}

void Inspector::on_unit_end(const Transfer& transfer, FlowId flow) {
  const auto found = inspections_.find(transfer.id);
  if (found == inspections_.end() || !control_.capabilities().can_hold) return;
  Inspection& inspection = found->second;
  const bool withholds = control_.capabilities().can_withhold_objects;
  if (inspection.stage != Stage::kReceiving || !inspection.demand.may_block || inspection.passes) return;
  if (inspection.demand.findings == 0 && !withholds) return;
  const auto position = extraction_->position(flow);
  if (!position) return;
  const auto patience = std::max(inspection.demand.deadline, config_.deadline_min) + kHoldMargin;
  HoldRequest request{flow, transfer_direction(transfer), transfer.id, *position, now_, now_ + patience, true};
  if (!hold_queue_.hold(request)) {
    Findings findings;
    findings.not_inspected = NotInspected::kOverBudget;
    return judge_prefix(transfer.id, inspection, std::move(findings), false);
  }
  if (!inspection.delivered_at_hold) inspection.delivered_at_hold = transfer.account.delivered;
  stats_.holds.add();
  // The image is whole: nothing is won by waiting for silence.
  if (withholds && inspection.sender_waits && extraction_->table().image_end(transfer.id)) peek(transfer.id);
}

void Inspector::on_end(const Transfer& transfer, std::shared_ptr<const ObjectBytes> bytes) {
  const auto found = inspections_.find(transfer.id);
  if (found == inspections_.end()) return;
  Inspection& inspection = found->second;
  if (inspection.stage == Stage::kBlocked) {
    inspections_.erase(found);
    return;
  }
  if (transfer.composed) {
    inspections_.erase(found);
    return settle(transfer.id);
  }
  inspection.stage = Stage::kAsking;
  inspection.ended = transfer;
  inspection.flows = extraction_->table().flows(transfer.id);
  inspection.demand = inspection.policy->policy->demand(transfer, *inspection.policy->memory);
  if (bytes == nullptr || inspection.demand.findings == 0) return conclude(transfer.id, inspection, transfer, {});
  ask(transfer.id, inspection, std::move(bytes), transfer);
}

void Inspector::ask(TransferId id, Inspection& inspection, std::shared_ptr<const ObjectBytes> bytes,
                    const Transfer& transfer) {
  ClassifyRequest request;
  request.sha256 = transfer.sha256 ? *transfer.sha256 : Sha256::of(bytes->bytes());
  request.object = std::move(bytes);
  request.content = transfer.content;
  request.wanted = inspection.demand.findings;
  request.faces = inspection.demand.faces;
  request.plates = inspection.demand.plates;
  if ((request.wanted & bit(FindingKind::kCamera)) != 0) request.overlays = inspection.policy->cameras.overlays();
  request.deadline = std::max(inspection.demand.deadline, config_.deadline_min);
  const std::uint64_t question = inspection.question = ++last_question_;
  stats_.classifications.add();
  stats_.pending.set(++pending_);
  const Sha256Digest sha256 = request.sha256;
  // The answer may come on any thread, even before classify() returns; it is judged on this shard's.
  auto deliver = [this, id, question, sha256, mailbox = mailbox_](Findings findings) {
    mailbox->post([this, id, question, sha256, answer = std::move(findings)]() mutable {
      on_answer(id, question, sha256, std::move(answer));
    });
  };
  if (request.wanted == bit(FindingKind::kFingerprint) && !inspection.demand.wants_hash &&
      !inspection.policy->fingerprints.match_exact(sha256).empty()) {
    Findings known;
    known.looked_for = request.wanted;
    known.format = request.content;
    return deliver(std::move(known));
  }
  if ((request.wanted & bit(FindingKind::kFingerprint)) != 0)
    request.wanted |= inspection.policy->fingerprints.features_wanted();
  classifier_.classify(std::move(request), std::move(deliver));
}

void Inspector::on_answer(TransferId id, std::uint64_t question, const Sha256Digest& sha256, Findings findings) {
  stats_.pending.set(--pending_);
  const auto found = inspections_.find(id);
  if (found == inspections_.end() || found->second.question != question) return;
  Inspection& inspection = found->second;
  inspection.question = 0;
  inspection.policy->fingerprints.match_all(sha256, findings);
  inspection.policy->cameras.match_all(findings);
  if (inspection.stage == Stage::kAsking) return conclude(id, inspection, *inspection.ended, std::move(findings));
  if (inspection.stage == Stage::kReceiving) judge_prefix(id, inspection, std::move(findings), true);
}

// Nothing follows what is withheld: the sender waits for the receiver, or has sent all. Judge what there is.
void Inspector::peek(TransferId id) {
  const auto found = inspections_.find(id);
  if (found == inspections_.end()) return settle(id);
  Inspection& inspection = found->second;
  if (inspection.stage != Stage::kReceiving || inspection.question != 0) return;
  const auto transfer = extraction_->table().find(id);
  // Where the sender waits for an answer that is withheld too, an archive will not get any longer.
  const bool is_judged = control_.capabilities().can_withhold_objects || (transfer && is_image(transfer->content));
  const auto bytes = transfer && is_judged ? extraction_->table().snapshot(id) : nullptr;
  const std::size_t size = bytes ? bytes->bytes().size() : 0;
  const bool grown = static_cast<double>(size) > static_cast<double>(inspection.judged_bytes) * config_.prefix_growth;
  const bool whole = size > inspection.judged_bytes && extraction_->table().image_end(id).has_value();
  if (size == 0 || inspection.demand.findings == 0 || !(grown || whole)) return let_go(id, inspection);
  stats_.prefix_verdicts.add();
  inspection.judged_bytes = size;
  ask(id, inspection, bytes, *transfer);
}

// After a clean answer comes what was withheld while it was waited for: that is judged before anything is let go.
void Inspector::judge_prefix(TransferId id, Inspection& inspection, Findings findings, bool was_answered) {
  auto transfer = extraction_->table().find(id);
  if (!transfer) return settle(id);
  const bool saw_nothing = forget_the_cut(findings);
  // Its sender waits for an answer that is withheld: there will be no more to judge by.
  if (saw_nothing && control_.capabilities().can_withhold_objects && !findings.not_inspected) {
    findings.not_inspected = NotInspected::kDeadline;
  }
  transfer->evasions |= findings.evasions;
  transfer->account.delivered = delivered(inspection, *transfer);
  const ActivePolicy& active = *inspection.policy;
  const Verdict verdict = active.policy->evaluate(*transfer, findings, *active.memory);
  if (verdict.action == Action::kBlock) {
    const Verdict concluded = conclude_block(active, *transfer, findings, verdict);
    return finish(id, inspection, std::move(*transfer), concluded, std::move(findings));
  }
  if (was_answered) return peek(id);
  let_go(id, inspection);
}

void Inspector::let_go(TransferId id, Inspection& inspection) {
  inspection.delivered_at_hold.reset();
  settle(id);
}

// The hold ran out, of time or of room, without an answer: the rule's outcome for that applies.
void Inspector::give_up(TransferId id, NotInspected reason) {
  const auto found = inspections_.find(id);
  if (found == inspections_.end()) return settle(id);
  Inspection& inspection = found->second;
  if (inspection.stage == Stage::kBlocked) return settle(id);
  Findings findings;
  findings.not_inspected = reason;
  inspection.question = 0;
  if (inspection.stage == Stage::kAsking) return conclude(id, inspection, *inspection.ended, std::move(findings));
  inspection.passes = true;  // unless its rule blocks now
  stop_withholding(id);
  judge_prefix(id, inspection, std::move(findings), false);
}

void Inspector::conclude(TransferId id, Inspection& inspection, Transfer transfer, Findings findings) {
  if (findings.matches.empty() && transfer.sha256) {
    findings.matches = inspection.policy->fingerprints.match_exact(*transfer.sha256);
  }
  transfer.evasions |= findings.evasions;
  drop_told(findings, transfer.told_inside);
  transfer.account.delivered = delivered(inspection, transfer);
  const Verdict verdict = inspection.policy->policy->conclude(transfer, findings, *inspection.policy->memory);
  finish(id, inspection, std::move(transfer), verdict, std::move(findings));
}

// The last thing done with an inspection that has ended: `inspection` may be gone when this returns.
void Inspector::finish(TransferId id, Inspection& inspection, Transfer transfer, const Verdict& verdict,
                       Findings findings) {
  const bool is_over = inspection.ended.has_value();
  transfer.account.delivered = delivered(inspection, transfer);
  inspection.stage = Stage::kBlocked;
  const Disposition disposition = verdict.action == Action::kBlock ? block(inspection, transfer, verdict)
                                                                   : enforcer_.enforce(verdict, transfer, {});
  settle(id);
  Event event = event_builder_.build(transfer, std::move(findings), verdict, disposition, now_);
  count(event);
  if (is_told(event)) {
    events_.publish(std::move(event));
  } else {
    events_.keep(std::move(event));
  }
  if (is_over) inspections_.erase(id);
}

Disposition Inspector::block(const Inspection& inspection, const Transfer& transfer, const Verdict& verdict) {
  const std::vector<TransferFlow> flows = inspection.ended ? inspection.flows : extraction_->table().flows(transfer.id);
  std::vector<EnforcedFlow> enforced;
  std::vector<FlowId> own;
  for (const TransferFlow& flow : flows) {
    if (flow.shard != config_.shard) {
      shards_.post(flow.shard, [id = flow.flow](Inspector& other) { other.block_flow(id); });
      continue;
    }
    if (blocked_flows_.contains(flow.flow)) {
      enforced.push_back({nullptr, {}, inspection.delivered_at_hold || !transfer.complete});
      continue;
    }
    const Flow* const known = find_flow(flow.flow);
    if (known == nullptr) continue;
    const TcpPosition position = extraction_->position(flow.flow).value_or(TcpPosition());
    enforced.push_back({known, hold_queue_.position(flow.flow, position), tail_is_withheld(transfer, flow)});
    own.push_back(flow.flow);
  }
  for (const FlowId flow : own) say_blocked(inspection, transfer, verdict, flow);
  const Disposition disposition = enforcer_.enforce(verdict, transfer, enforced);
  extraction_->table().abandon(transfer.id);
  if (disposition != Disposition::kAlerted) std::for_each(own.begin(), own.end(), [this](FlowId flow) { cut(flow); });
  return disposition;
}

bool Inspector::tail_is_withheld(const Transfer& transfer, const TransferFlow& flow) const {
  const bool can_stop_now = in_packet_ && control_.capabilities().can_drop;
  return hold_queue_.is_held(flow.flow, transfer_direction(transfer)) || can_stop_now;
}

// Closing ends all that the flow brings: this may come back through on_end() and on_flow_close().
void Inspector::cut(FlowId flow) {
  hold_queue_.forget(flow);
  if (closed_flows_.erase(flow) > 0) blocked_flows_.insert_or_assign(flow, now_);
  if (control_.capabilities().can_drop) extraction_->close(flow, CloseReason::kBlocked, now_);
}

void Inspector::block_flow(FlowId flow) {
  const Flow* const known = extraction_->find(flow);
  const auto position = extraction_->position(flow);
  if (known == nullptr || !position || blocked_flows_.contains(flow)) return;
  Verdict verdict;
  verdict.action = Action::kBlock;
  const EnforcedFlow enforced{known, hold_queue_.position(flow, *position), true};
  enforcer_.enforce(verdict, {}, {&enforced, 1});
  cut(flow);
}

void Inspector::block_joined_flows(TransferId id) {
  for (const TransferFlow& flow : extraction_->table().flows(id)) {
    if (!flow.open) continue;
    if (flow.shard == config_.shard) {
      block_flow(flow.flow);
    } else {
      shards_.post(flow.shard, [joined = flow.flow](Inspector& other) { other.block_flow(joined); });
    }
  }
}

std::uint64_t Inspector::delivered(const Inspection& inspection, const Transfer& transfer) const {
  if (inspection.delivered_at_hold) return *inspection.delivered_at_hold;
  const bool can_stop_now = in_packet_ && control_.capabilities().can_drop;
  return can_stop_now ? transfer.account.delivered : transfer.account.seen;
}

void Inspector::count(const Event& event) {
  const auto protocol = static_cast<std::size_t>(event.transfer.facts.protocol);
  stats_.verdicts[protocol][static_cast<std::size_t>(event.verdict.action)].add();
  stats_.dispositions[static_cast<std::size_t>(event.disposition)].add();
  stats_.transfer_bytes[protocol].add(event.transfer.account.seen);
  if (event.verdict.not_inspected) stats_.not_inspected[static_cast<std::size_t>(*event.verdict.not_inspected)].add();
  for (const RuleMatch& match : event.verdict.matches) stats_.shadow_matches.add(match.shadow);
  for (std::size_t i = 0; i < kEvasionCount; ++i) stats_.evasions[i].add(event.transfer.evasions >> i & 1);
  if (event.verdict.action == Action::kBlock) stats_.delivered_before_block_bytes.add(event.transfer.account.delivered);
  stats_.inspection_time.observe(event.inspection_time);
}

}  // namespace sallyport
