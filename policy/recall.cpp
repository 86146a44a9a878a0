#include "policy/recall.h"

#include <algorithm>

#include "policy/ask.h"
#include "policy/evaluate.h"

namespace sallyport::policy {
namespace {

constexpr FindingSet kAllFindings = bit(FindingKind::kFace) | bit(FindingKind::kPlate) | bit(FindingKind::kFingerprint);

/// Something may never have been asked for.
bool may_lack(const Transfer& transfer, const Findings& findings) {
  const bool unseen = may_hold_images(transfer.content) && findings.looked_for != kAllFindings;
  return !transfer.ended || transfer.content == ContentType::kUnknown || !transfer.sha256 || unseen;
}

/// The rules worth asking about the transfer between any of its parties.
RuleSet candidates(const Known& known) {
  RuleSet rules = known.candidates();
  for (const Parties& parties : known.transfer().other_parties) rules |= known.between(parties).candidates();
  return rules;
}

/// Of the transfer between any of its parties.
bool lacks_answer(const CompiledRule& rule, const Known& known) {
  const auto lacks = [&rule](const Known& one) {
    const Answer answer = ask(rule, one);
    return answer.truth == Truth::kUnknown && answer.needs != Interest::kNone;
  };
  const auto& others = known.transfer().other_parties;
  return lacks(known) ||
         std::any_of(others.begin(), others.end(), [&](const Parties& p) { return lacks(known.between(p)); });
}

void leave_out(Verdict& verdict, const std::vector<std::string>& rules) {
  std::erase_if(verdict.matches, [&rules](const RuleMatch& match) {
    return std::find(rules.begin(), rules.end(), match.rule) != rules.end();
  });
  verdict.action = Action::kAllow;
  verdict.severity = Severity::kInformational;
  for (const RuleMatch& match : verdict.matches) {
    if (match.shadow) continue;
    verdict.action = std::max(verdict.action, match.action);
    verdict.severity = std::max(verdict.severity, match.severity);
  }
}

}  // namespace

Recollection recall(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings) {
  Recollection recalled;
  recalled.verdict = evaluate(policy, transfer, findings);
  recalled.action_most = recalled.verdict.action;
  // A block in the middle of a transfer is made from what is known then, by this policy as by the other.
  const bool blocks_now = !transfer.ended && recalled.verdict.action == Action::kBlock;
  if (blocks_now || !may_lack(transfer, findings)) return recalled;
  const Known known(policy, transfer, &findings, Source::kRecord);
  Action most = Action::kAllow;
  candidates(known).for_each([&](std::size_t number) {
    const CompiledRule& rule = policy.rules[number];
    if (!lacks_answer(rule, known)) return;
    recalled.unknown.push_back(rule.name);
    if (!rule.shadow()) most = std::max(most, rule.action());
  });
  if (!recalled.unknown.empty()) leave_out(recalled.verdict, recalled.unknown);
  recalled.action_most = std::max(recalled.verdict.action, most);
  return recalled;
}

}  // namespace sallyport::policy
