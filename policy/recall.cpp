#include "policy/recall.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "policy/ask.h"
#include "policy/evaluate.h"

namespace sallyport::policy {
namespace {

/// Something may never have been asked for.
bool may_lack(const Transfer& transfer, const Findings& findings) {
  const bool unseen = may_hold_images(transfer.content) && findings.looked_for != kAllFindings;
  return !transfer.ended || transfer.content == ContentType::kUnknown || !transfer.sha256 || unseen;
}

/// Of the transfer between any of its parties.
bool lacks_answer(const CompiledRule& rule, std::span<const Known> pairs) {
  return std::any_of(pairs.begin(), pairs.end(), [&rule](const Known& one) {
    const Answer answer = ask(rule, one);
    return answer.truth == Truth::kUnknown && answer.needs != Interest::kNone;
  });
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

/// Counts the transfer as the record shows it, or what was blocked in its middle as it was known then.
void count(std::vector<Known>& pairs, std::vector<Known>& recorded, Memory& memory) {
  const bool counts = memory.counts();
  if (!counts || !memory.demoted().empty()) memory.look(pairs);  // tells whose breaker has tripped
  if (!counts) return;
  const bool ended = pairs.front().transfer().ended;
  std::vector<Known>& counted = ended ? recorded : pairs;
  memory.count(counted);
  std::vector<Known>& others = ended ? pairs : recorded;
  for (std::size_t i = 0; i < others.size(); ++i) others[i].take_tallies(counted[i]);
}

}  // namespace

namespace {

/// `verdict`: as if nothing else had been there. `recorded` is empty where nothing can be lacking.
Recollection recollection(Verdict verdict, std::span<const Known> recorded) {
  Recollection recalled{std::move(verdict), {}, Action::kAllow};
  recalled.action_most = recalled.verdict.action;
  if (recorded.empty()) return recalled;
  const CompiledPolicy& policy = recorded.front().policy();
  // A block in the middle of a transfer is made from what is known then, by this policy as by the other.
  const bool blocks_now = !recorded.front().transfer().ended && recalled.verdict.action == Action::kBlock;
  if (blocks_now) return recalled;
  Action most = Action::kAllow;
  candidates(recorded).for_each([&](std::size_t number) {
    const CompiledRule& rule = policy.rules[number];
    if (!lacks_answer(rule, recorded)) return;
    recalled.unknown.push_back(rule.name);
    if (!rule.shadow()) most = std::max(most, rule.action());
  });
  if (!recalled.unknown.empty()) leave_out(recalled.verdict, recalled.unknown);
  recalled.action_most = std::max(recalled.verdict.action, most);
  return recalled;
}

}  // namespace

Recollection recall(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings, Memory& memory) {
  std::vector<Known> pairs = pairs_of(policy, transfer, findings);
  std::vector<Known> recorded;
  if (memory.counts() || may_lack(transfer, findings)) recorded = pairs_of(policy, transfer, findings, Source::kRecord);
  count(pairs, recorded, memory);
  Verdict verdict = verdict_of(pairs);
  memory.note_blocks(verdict, transfer.last_seen);
  return recollection(std::move(verdict), recorded);
}

Recollection recall_uncounted(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings,
                              const Memory& memory) {
  std::vector<Known> pairs = pairs_of(policy, transfer, findings);
  std::vector<Known> recorded = pairs_of(policy, transfer, findings, Source::kRecord);
  memory.look(pairs);
  memory.look(recorded);
  return recollection(verdict_of(pairs), recorded);
}

std::size_t refill(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings, Memory& memory) {
  return memory.refill(pairs_of(policy, transfer, findings, transfer.ended ? Source::kRecord : Source::kTraffic));
}

}  // namespace sallyport::policy
