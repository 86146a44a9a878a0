#include "policy/explanation.h"

#include <utility>

#include "policy/evaluate.h"

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

}  // namespace

Explanation explain_transfer(std::shared_ptr<const Policy> policy, const PolicyDocument& document,
                             const PlayedTransfer& played) {
  const CompiledPolicy& compiled = policy->compiled();
  const Memory memory(compiled);
  std::vector<Known> pairs = pairs_of(compiled, played.transfer, played.findings);
  memory.look(pairs);
  Explanation explanation;
  explanation.verdict = verdict_of(pairs);
  for (const CompiledRule& rule : compiled.rules) explanation.rules.push_back(trace(rule, pairs.front()));
  if (memory.counts()) explanation.notes.emplace_back("rules that count know of this transfer alone");
  for (const RuleDocument& rule : document.rules) {
    if (rule.state.value == RuleState::kOff) explanation.off.push_back(rule.name.value);
  }
  explanation.costs = costs_of(*policy, played.transfer);
  explanation.by_facts = flips_of_facts(compiled, document, played);
  explanation.by_policy = flips_of_policy(document, played);
  explanation.policy = std::move(policy);
  return explanation;
}

}  // namespace sallyport::policy
