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

void demote(const CompiledRule& rule, RuleMatch& match) {
  match.action = Action::kAlert;
  match.reason =
      "demoted from block to alert, for its breaker " + to_text(*rule.breaker) + " has tripped; " + match.reason;
}

/// Of what the rule says of the transfer between each pair of parties.
std::optional<RuleMatch> strictest_match(const CompiledRule& rule, std::span<const Known> pairs) {
  const Transfer& transfer = pairs.front().transfer();
  std::optional<RuleMatch> strictest = match(rule, pairs.front());
  for (const Known& other : pairs.subspan(1)) {
    auto found = match(rule, other);
    if (!found || (strictest && strictest->action >= found->action)) continue;
    found->reason = "a part went from " + other.sender_address().to_string() + " to " +
                    other.receiver_address().to_string() + ": " + found->reason;
    strictest = std::move(found);
  }
  if (!transfer.has_untold_parties) return strictest;
  auto untold = match_untold(rule);
  return untold && (!strictest || strictest->action < untold->action) ? untold : strictest;
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
void add_contracts(const CompiledRule& rule, std::span<const Known> pairs, Verdict& verdict) {
  if (rule.contracts.empty()) return;
  for (const Known& pair : pairs) {
    for (const CompiledContract* contract : permitting(rule, pair)) {
      const auto& told = verdict.permitted_by;
      if (std::find(told.begin(), told.end(), contract->name) == told.end())
        verdict.permitted_by.push_back(contract->name);
    }
  }
}

}  // namespace

RuleSet candidates(std::span<const Known> pairs) {
  const Known& first = pairs.front();
  if (first.transfer().has_untold_parties) return first.policy().index.all();
  RuleSet rules = first.candidates();
  for (const Known& other : pairs.subspan(1)) rules |= other.candidates();
  return rules;
}

std::vector<Known> pairs_of(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings,
                            Source source) {
  std::vector<Known> pairs;
  pairs.reserve(1 + transfer.other_parties.size());
  pairs.emplace_back(policy, transfer, &findings, source);
  for (const Parties& parties : transfer.other_parties) pairs.push_back(pairs.front().between(parties));
  return pairs;
}

Verdict evaluate(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings,
                 const Memory& memory) {
  std::vector<Known> pairs = pairs_of(policy, transfer, findings);
  memory.look(pairs);
  return verdict_of(pairs);
}

Verdict conclude(std::vector<Known>& pairs, Memory& memory) {
  memory.count(pairs);
  Verdict verdict = verdict_of(pairs);
  memory.note_blocks(verdict, pairs.front().transfer().last_seen);
  return verdict;
}

Verdict verdict_of(std::span<const Known> pairs) {
  const CompiledPolicy& policy = pairs.front().policy();
  const Transfer& transfer = pairs.front().transfer();
  Verdict verdict;
  candidates(pairs).for_each([&](std::size_t number) {
    const CompiledRule& rule = policy.rules[number];
    auto found = strictest_match(rule, pairs);
    add_contracts(rule, pairs, verdict);
    if (found && found->action == Action::kBlock && pairs.front().is_demoted(rule)) demote(rule, *found);
    if (found) add(verdict, std::move(*found));
  });
  for (const auto& reason : {transfer.facts.opaque, transfer.not_inspected, pairs.front().findings()->not_inspected}) {
    if (!verdict.not_inspected) verdict.not_inspected = reason;
  }
  const auto recorded = [&policy](const Known& one) { return is_recorded(policy, one); };
  verdict.record = std::any_of(pairs.begin(), pairs.end(), recorded);
  verdict.policy_digest = policy.digest;
  return verdict;
}

}  // namespace sallyport::policy
