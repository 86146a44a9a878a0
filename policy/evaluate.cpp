#include "policy/evaluate.h"

#include <algorithm>
#include <utility>

#include "policy/ask.h"
#include "policy/explain.h"
#include "policy/permission.h"

namespace sallyport::policy {
namespace {

bool is_recorded(const CompiledPolicy& policy, const Known& known) {
  if (policy.record == Recorded::kNone) return false;
  const Transfer& transfer = known.transfer();
  if (policy.record == Recorded::kImages && !is_image(transfer.content)) return false;
  return ask(policy.record_from, known.sender(), known, false).truth == Truth::kYes &&
         ask(policy.record_to, known.receiver(), known, false).truth == Truth::kYes;
}

}  // namespace

Outcome outcome_of(const CompiledRule& rule, ReasonSet reasons) {
  Outcome strictest;
  for (std::size_t i = 0; i < kNotInspectedCount; ++i) {
    const auto reason = static_cast<NotInspected>(i);
    if ((reasons & bit(reason)) == 0) continue;
    const Action action = std::min(rule.outcomes[outcome_index(reason)], rule.action());
    if (action > strictest.action) strictest = {action, reason};
  }
  return strictest;
}

std::optional<RuleMatch> match(const CompiledRule& rule, const Known& known) {
  const Answer answer = ask(rule, known);
  if (answer.truth == Truth::kNo) return std::nullopt;
  RuleMatch match{rule.name, rule.severity, rule.action(), rule.shadow(), {}, std::nullopt, rule.tags};
  if (answer.truth == Truth::kYes) {
    match.reason = explain_match(rule, known);
    return match;
  }
  const Outcome outcome = outcome_of(rule, answer.reasons);
  if (outcome.action == Action::kAllow) return std::nullopt;
  match.action = outcome.action;
  match.because_not_inspected = outcome.reason;
  match.reason = explain_not_inspected(rule, known, outcome.reason);
  return match;
}

namespace {

/// What the rule says where it is not known who else got a part.
std::optional<RuleMatch> match_untold(const CompiledRule& rule) {
  const Outcome outcome = outcome_of(rule, bit(NotInspected::kOverBudget));
  if (outcome.action == Action::kAllow) return std::nullopt;
  RuleMatch match{rule.name, rule.severity, outcome.action, rule.shadow(), {}, outcome.reason, rule.tags};
  match.reason = "more got parts of it than are told of; on_overload: " + std::string(to_string(outcome.action));
  return match;
}

/// Of what the rule says of the transfer between each pair of parties.
std::optional<RuleMatch> strictest_match(const CompiledRule& rule, const Known& known,
                                         const std::vector<Known>& others) {
  std::optional<RuleMatch> strictest = match(rule, known);
  for (std::size_t i = 0; i < others.size(); ++i) {
    auto found = match(rule, others[i]);
    if (!found || (strictest && strictest->action >= found->action)) continue;
    const Parties& parties = known.transfer().other_parties[i];
    found->reason = "a part went from " + parties.sender.address.to_string() + " to " +
                    parties.receiver.address.to_string() + ": " + found->reason;
    strictest = std::move(found);
  }
  if (!known.transfer().has_untold_parties) return strictest;
  auto untold = match_untold(rule);
  return untold && (!strictest || strictest->action < untold->action) ? untold : strictest;
}

/// The rules worth asking about the transfer between any of its parties.
RuleSet candidates(const Known& known, const std::vector<Known>& others) {
  if (known.transfer().has_untold_parties) return known.policy().index.all();
  RuleSet rules = known.candidates();
  for (const Known& other : others) rules |= other.candidates();
  return rules;
}

void add(Verdict& verdict, RuleMatch found) {
  if (!found.shadow) {
    verdict.action = std::max(verdict.action, found.action);
    verdict.severity = std::max(verdict.severity, found.severity);
  }
  verdict.matches.push_back(std::move(found));
}

}  // namespace

namespace {

/// Contracts that keep the rule from matching, between any of the parties.
void add_contracts(const CompiledRule& rule, const Known& known, const std::vector<Known>& others, Verdict& verdict) {
  if (rule.contracts.empty()) return;
  const auto add = [&](const Known& one) {
    for (const CompiledContract* contract : permitting(rule, one)) {
      const auto& told = verdict.permitted_by;
      if (std::find(told.begin(), told.end(), contract->name) == told.end())
        verdict.permitted_by.push_back(contract->name);
    }
  };
  add(known);
  for (const Known& other : others) add(other);
}

}  // namespace

Verdict evaluate(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings) {
  const Known known(policy, transfer, &findings);
  std::vector<Known> others;
  for (const Parties& parties : transfer.other_parties) others.push_back(known.between(parties));
  Verdict verdict;
  candidates(known, others).for_each([&](std::size_t rule) {
    auto found = strictest_match(policy.rules[rule], known, others);
    add_contracts(policy.rules[rule], known, others, verdict);
    if (found) add(verdict, std::move(*found));
  });
  for (const auto& reason : {transfer.facts.opaque, transfer.not_inspected, findings.not_inspected}) {
    if (!verdict.not_inspected) verdict.not_inspected = reason;
  }
  const auto recorded = [&policy](const Known& one) { return is_recorded(policy, one); };
  verdict.record = recorded(known) || std::any_of(others.begin(), others.end(), recorded);
  verdict.policy_digest = policy.digest;
  return verdict;
}

}  // namespace sallyport::policy
