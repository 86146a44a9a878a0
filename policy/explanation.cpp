#include "policy/explanation.h"

#include <utility>

#include "policy/evaluate.h"
#include "policy/recall.h"

namespace sallyport::policy {
namespace {

/// What is known when the first packet of the connection shows its protocol.
Transfer at_begin(const Transfer& ended) {
  Transfer begun;
  begun.facts.protocol = ended.facts.protocol;
  begun.facts.sender = ended.facts.sender;
  begun.facts.receiver = ended.facts.receiver;
  begun.facts.upload = ended.facts.upload;
  begun.facts.opaque = ended.facts.opaque;
  begun.begun = ended.begun;
  begun.last_seen = ended.begun;
  return begun;
}

std::vector<Cost> costs_of(const Policy& policy, const Transfer& ended) {
  Transfer transfer = at_begin(ended);
  std::vector<Cost> costs{{"at its begin", policy.demand(transfer)}};
  transfer.facts = ended.facts;
  costs.push_back({"names known", policy.demand(transfer)});
  transfer.content = ended.content;
  transfer.size = ended.size;
  costs.push_back({"type known", policy.demand(transfer)});
  costs.push_back({"at its end", policy.demand(ended)});
  return costs;
}

void decide(Explanation& explanation, const PlayedTransfer& played, const Memory& memory) {
  const CompiledPolicy& compiled = explanation.policy->compiled();
  Recollection recalled{{}, {}, Action::kAllow};
  if (played.is_recorded) {
    recalled = recall_uncounted(compiled, played.transfer, played.findings, memory);
  } else {
    recalled.verdict = evaluate(compiled, played.transfer, played.findings, memory);
    recalled.action_most = recalled.verdict.action;
  }
  explanation.verdict = std::move(recalled.verdict);
  explanation.action_most = recalled.action_most;
  explanation.unknown = std::move(recalled.unknown);
  if (explanation.unknown.empty()) return;
  explanation.notes.emplace_back("changes are told as if what nobody looked for had not been there");
}

}  // namespace

Explanation explain_transfer(std::shared_ptr<const Policy> policy, const PolicyDocument& document,
                             const PlayedTransfer& played, std::shared_ptr<const Memory> memory) {
  const CompiledPolicy& compiled = policy->compiled();
  Explanation explanation;
  explanation.policy = std::move(policy);
  if (!memory) {
    memory = explanation.policy->new_memory();
    if (memory->counts()) explanation.notes.emplace_back("rules that count know of this transfer alone");
  }
  decide(explanation, played, *memory);
  // What was blocked in its middle was decided from what was known then.
  const bool blocks_now = !played.transfer.ended && explanation.verdict.action == Action::kBlock;
  const Source source = played.is_recorded && !blocks_now ? Source::kRecord : Source::kTraffic;
  std::vector<Known> pairs = pairs_of(compiled, played.transfer, played.findings, source);
  memory->look(pairs);
  for (const CompiledRule& rule : compiled.rules) explanation.rules.push_back(trace(rule, pairs.front()));
  for (const RuleDocument& rule : document.rules) {
    if (rule.state.value == RuleState::kOff) explanation.off.push_back(rule.name.value);
  }
  explanation.costs = costs_of(*explanation.policy, played.transfer);
  explanation.by_facts = flips_of_facts(compiled, document, played, *memory);
  explanation.by_policy = flips_of_policy(document, played, *memory);
  return explanation;
}

}  // namespace sallyport::policy
