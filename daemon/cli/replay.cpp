#include "daemon/cli/replay.h"

#include <algorithm>
#include <set>
#include <utility>

#include "daemon/app/memory_refill.h"
#include "daemon/events/redaction.h"
#include "daemon/events/sentence.h"

namespace sallyport::cli {
namespace {

using policy::Recollection;

constexpr int kExamplesOfOneKind = 2;
constexpr std::size_t kNameBytesShown = 80;
constexpr std::size_t kExamplesMax = 10;

bool is_listed(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

const RuleMatch* match_of(const Recollection& recalled, std::string_view rule) {
  const auto& matches = recalled.verdict.matches;
  const auto found =
      std::find_if(matches.begin(), matches.end(), [rule](const RuleMatch& m) { return m.rule == rule; });
  return found == matches.end() ? nullptr : &*found;
}

bool same_matches(const Recollection& then, const Recollection& now) {
  const auto same = [](const RuleMatch& a, const RuleMatch& b) {
    return a.rule == b.rule && a.action == b.action && a.shadow == b.shadow;
  };
  return then.unknown == now.unknown && std::ranges::equal(then.verdict.matches, now.verdict.matches, same);
}

/// The actions that are possible: one where everything is known.
bool is_certain(const Recollection& recalled) {
  return recalled.action_most == recalled.verdict.action;
}

Change compare(const Recollection& then, const Recollection& now) {
  if (then.verdict.action == now.verdict.action && then.action_most == now.action_most && same_matches(then, now)) {
    return Change::kNone;
  }
  if (now.verdict.action > then.action_most) return Change::kStricter;
  if (now.action_most < then.verdict.action) return Change::kLooser;
  return is_certain(then) && is_certain(now) ? Change::kRules : Change::kUnknown;
}

std::string action_text(const Recollection& recalled) {
  std::string text(to_string(recalled.verdict.action));
  if (!is_certain(recalled)) text += " or " + std::string(to_string(recalled.action_most));
  return text;
}

/// Rules whose answer differs, with the reason of those that now match.
std::vector<std::string> rules_that_differ(const Recollection& then, const Recollection& now) {
  std::vector<std::string> rules;
  for (const RuleMatch& match : now.verdict.matches) {
    const RuleMatch* const before = match_of(then, match.rule);
    const bool same = before != nullptr && before->action == match.action && before->shadow == match.shadow;
    if (!same) rules.push_back("+ " + match.rule + (match.shadow ? " (shadow): " : ": ") + match.reason);
  }
  for (const RuleMatch& match : then.verdict.matches) {
    if (match_of(now, match.rule) == nullptr && !is_listed(now.unknown, match.rule)) rules.push_back("- " + match.rule);
  }
  for (const std::string& rule : now.unknown) {
    if (!is_listed(then.unknown, rule)) rules.push_back("? " + rule + ": nobody looked then");
  }
  return rules;
}

}  // namespace

std::string_view to_string(Change change) {
  static constexpr std::string_view kWords[] = {"unchanged", "rules", "stricter", "looser", "unknown"};
  return kWords[static_cast<std::size_t>(change)];
}

bool ReplayResult::fails(FailOn fail_on) const {
  switch (fail_on) {
    case FailOn::kAny:
      return count(Change::kNone) != rows;
    case FailOn::kStricter:
      return count(Change::kStricter) + maybe_stricter > 0;
    case FailOn::kLooser:
      return count(Change::kLooser) + maybe_looser > 0;
    case FailOn::kNone:
      break;
  }
  return false;
}

std::vector<std::string> place_names(const policy::Policy& policy, const IpAddress& address) {
  const auto networks = policy.networks_of(address);
  if (networks.empty()) return {"elsewhere"};
  return {networks.begin(), networks.end()};
}

std::string transfer_text(const Event& event) {
  const TransferFacts& facts = event.transfer.facts;
  return std::string(to_string(event.transfer.content)) + " '" + safe_text(object_name(event), kNameBytesShown) +
         "' from " + facts.sender.to_string() + " to " + facts.receiver.to_string();
}

Recollection judge(const ActivePolicy& active, policy::Memory& memory, const LedgerRow& row) {
  const Findings& found = row.event.findings;
  const bool compares = !active.fingerprints.empty() || !found.matches.empty();
  if (!compares) return active.policy->recall(row.event.transfer, found, memory);
  return active.policy->recall(row.event.transfer, compared_anew(active, row), memory);
}

Replay::Replay(std::shared_ptr<const ActivePolicy> now, std::shared_ptr<const ActivePolicy> then)
    : now_(std::move(now)),
      then_(std::move(then)),
      now_memory_(now_->policy->new_memory()),
      then_memory_(then_ ? then_->policy->new_memory() : nullptr) {}

Duration Replay::past_wanted() const {
  return std::max(now_memory_->past_wanted(), then_ ? then_memory_->past_wanted() : Duration(0));
}

void Replay::fill(const LedgerRow& row) {
  judge(*now_, *now_memory_, row);
  if (then_) judge(*then_, *then_memory_, row);
}

void Replay::add(const LedgerRow& row) {
  const Verdict& recorded = row.event.verdict;
  const Recollection then = then_ ? judge(*then_, *then_memory_, row) : Recollection{recorded, {}, recorded.action};
  const Recollection now = judge(*now_, *now_memory_, row);
  if (result_.rows++ == 0) result_.first = row.event.time;
  result_.last = row.event.time;
  tally_rules(then, now);
  const Change change = compare(then, now);
  ++result_.changes[static_cast<std::size_t>(change)];
  if (change == Change::kNone) return;
  if (change == Change::kUnknown) {
    result_.maybe_stricter += now.action_most > then.verdict.action;
    result_.maybe_looser += now.verdict.action < then.action_most;
  }
  const std::string before = action_text(then), after = action_text(now);
  if (before != after) ++result_.verdicts[{before, after}];
  tally_receiver(row, change);
  keep_example(row, change, then, now);
}

void Replay::tally_rules(const Recollection& then, const Recollection& now) {
  for (const RuleMatch& match : now.verdict.matches) {
    RuleTally& tally = result_.rules[match.rule];
    tally.shadow = match.shadow;
    const RuleMatch* const before = match_of(then, match.rule);
    if (before == nullptr && is_listed(then.unknown, match.rule)) {
      ++tally.unknown;
    } else {
      ++(before != nullptr ? tally.kept : tally.gained);
    }
  }
  for (const std::string& rule : now.unknown) ++result_.rules[rule].unknown;
  for (const RuleMatch& match : then.verdict.matches) {
    if (match_of(now, match.rule) == nullptr && !is_listed(now.unknown, match.rule)) ++result_.rules[match.rule].lost;
  }
}

void Replay::tally_receiver(const LedgerRow& row, Change change) {
  const std::size_t index = static_cast<std::size_t>(change);
  for (const std::string& place : place_names(*now_->policy, row.event.transfer.facts.receiver.address)) {
    ++result_.receivers[place][index];
  }
  for (const std::string_view contractor : now_->policy->contractors_of(row.event.transfer.facts.receiver.address)) {
    ++result_.contractors[std::string(contractor)][index];
  }
}

void Replay::keep_example(const LedgerRow& row, Change change, const Recollection& then, const Recollection& now) {
  if (result_.examples.size() >= kExamplesMax) return;
  std::vector<std::string> rules = rules_that_differ(then, now);
  std::string kind(to_string(change));
  for (const std::string& rule : rules) kind += ' ' + rule.substr(0, rule.find(':'));
  if (++examples_of_[kind] > kExamplesOfOneKind) return;
  result_.examples.push_back({row.id, row.event.time, change, transfer_text(row.event), action_text(then),
                              action_text(now), std::move(rules)});
}

}  // namespace sallyport::cli
