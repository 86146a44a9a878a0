#include "policy/memory.h"

#include <algorithm>
#include <utility>

#include "policy/permission.h"

namespace sallyport::policy {
namespace {

/// What a transfer adds to one group, and which of its pairs of parties belong there.
struct Share {
  GroupKey group{};
  Contribution more;
  std::vector<std::size_t> pairs;
};

/// Pairs of one group count once: what is sure of one of them is sure of the group.
std::vector<Share> shares_of(const CompiledRule& rule, std::span<const Known> pairs) {
  std::vector<Share> shares;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    Contribution more = contribution_of(rule, pairs[i]);
    if (more.is_nothing()) continue;
    const GroupKey group = group_of(*rule.count, pairs[i]);
    const auto same = std::find_if(shares.begin(), shares.end(), [&](const Share& one) { return one.group == group; });
    if (same == shares.end()) {
      shares.push_back({group, std::move(more), {i}});
      continue;
    }
    same->pairs.push_back(i);
    if (more.is_sure() && !same->more.is_sure()) same->more = std::move(more);
  }
  return shares;
}

/// What the transfer takes of the contract's quota: its images, once, if the contract covers any pair of parties.
Contribution use_of(const CompiledContract& contract, std::span<const Known> pairs) {
  Contribution use;
  for (const Known& pair : pairs) {
    if (covers(contract, pair)) use.amount = images_in(pair);
  }
  return use;
}

template <class Ask>
void tell_quota(const CompiledContract& contract, std::span<Known> pairs, const Ask& ask) {
  const Contribution use = use_of(contract, pairs);
  if (use.is_nothing()) return;
  const Tally tally = ask(use, pairs.front().now());
  for (Known& pair : pairs) pair.set_quota_tally(contract, tally);
}

template <class Ask>
void tell(const CompiledRule& rule, std::span<Known> pairs, const Ask& ask) {
  const Timestamp now = pairs.front().transfer().last_seen;
  for (const Share& share : shares_of(rule, pairs)) {
    const Tally tally = ask(share, now);
    for (const std::size_t pair : share.pairs) pairs[pair].set_tally(rule, tally);
  }
}

}  // namespace

Memory::Memory(const CompiledPolicy& policy) {
  for (const CompiledRule& rule : policy.rules) {
    if (rule.count) rules_.push_back({&rule, std::make_shared<GroupWindows>(*rule.count)});
    if (rule.breaker) guards_.push_back({&rule, std::make_shared<Breaker>(*rule.breaker)});
  }
  for (const CompiledContract& contract : policy.contracts) {
    if (contract.quota) quotas_.push_back({&contract, std::make_shared<GroupWindows>(*contract.quota)});
  }
}

void Memory::inherit(const Memory& older) {
  for (Rule& rule : rules_) {
    const auto same = std::find_if(older.rules_.begin(), older.rules_.end(), [&rule](const Rule& other) {
      return other.rule->memory_key == rule.rule->memory_key;
    });
    if (same == older.rules_.end()) continue;
    rule.groups = same->groups;
    rule.inherited = true;
  }
  for (Quota& quota : quotas_) {
    const auto same = std::find_if(older.quotas_.begin(), older.quotas_.end(), [&quota](const Quota& other) {
      return other.contract->name == quota.contract->name &&
             quota_text(*other.contract->quota) == quota_text(*quota.contract->quota);
    });
    if (same == older.quotas_.end()) continue;
    quota.window = same->window;
    quota.inherited = true;
  }
  for (Guard& guard : guards_) {
    const auto same = std::find_if(older.guards_.begin(), older.guards_.end(), [&guard](const Guard& other) {
      return other.rule->memory_key == guard.rule->memory_key && other.breaker->limit() == guard.breaker->limit();
    });
    if (same == older.guards_.end()) continue;
    guard.breaker = same->breaker;
    guard.inherited = true;
  }
}

std::vector<const CompiledRule*> Memory::demoted_rules() const {
  std::vector<const CompiledRule*> demoted;
  for (const Guard& guard : guards_) {
    if (guard.breaker->demoted_since()) demoted.push_back(guard.rule);
  }
  return demoted;
}

void Memory::tell_demoted(Known& known) const {
  if (!guards_.empty()) known.set_demoted(demoted_rules());
}

void Memory::make_ready(std::span<Known> pairs) const {
  const std::vector<const CompiledRule*> demoted = demoted_rules();
  for (Known& known : pairs) {
    known.expect_tallies(rules_.size());
    known.set_demoted(demoted);
  }
}

void Memory::look(std::span<Known> pairs) const {
  make_ready(pairs);
  for (const Rule& rule : rules_) {
    tell(*rule.rule, pairs,
         [&rule](const Share& share, Timestamp now) { return rule.groups->look(share.group, share.more, now); });
  }
  for (const Quota& quota : quotas_) {
    tell_quota(*quota.contract, pairs,
               [&quota](const Contribution& use, Timestamp now) { return quota.window->look({}, use, now); });
  }
}

void Memory::count(std::span<Known> pairs) {
  make_ready(pairs);
  for (Rule& rule : rules_) {
    tell(*rule.rule, pairs,
         [&rule](const Share& share, Timestamp now) { return rule.groups->add(share.group, share.more, now); });
  }
  for (Quota& quota : quotas_) {
    tell_quota(*quota.contract, pairs,
               [&quota](const Contribution& use, Timestamp now) { return quota.window->add_within({}, use, now); });
  }
  counted_at_ = pairs.front().now();
}

Memory::Guard* Memory::guard_of(std::string_view rule) {
  const auto found =
      std::find_if(guards_.begin(), guards_.end(), [rule](const Guard& guard) { return guard.rule->name == rule; });
  return found == guards_.end() ? nullptr : &*found;
}

bool Memory::note_block(Guard& guard, Timestamp time) {
  if (!guard.breaker->note_block(time)) return false;
  ++trips_;
  if (told_) told_({guard.rule->name, guard.breaker->limit(), time});
  return true;
}

void Memory::note_blocks(Verdict& verdict, Timestamp time) {
  if (guards_.empty()) return;
  for (RuleMatch& match : verdict.matches) {
    Guard* const guard = match.action == Action::kBlock && !match.shadow ? guard_of(match.rule) : nullptr;
    if (guard != nullptr && note_block(*guard, time)) {
      match.reason += "; its breaker " + to_text(guard->breaker->limit()) + " trips: from now on it only alerts";
    }
  }
}

void Memory::refill_blocks(const Verdict& recorded, Timestamp time) {
  for (const RuleMatch& match : recorded.matches) {
    Guard* const guard = match.action == Action::kBlock && !match.shadow ? guard_of(match.rule) : nullptr;
    if (guard != nullptr && !guard->inherited) note_block(*guard, time);
  }
}

std::vector<DemotedRule> Memory::demoted() const {
  std::vector<DemotedRule> all;
  for (const Guard& guard : guards_) {
    const auto since = guard.breaker->demoted_since();
    if (since) all.push_back({guard.rule->name, guard.breaker->limit(), *since});
  }
  return all;
}

std::vector<std::string> Memory::guarded() const {
  std::vector<std::string> names;
  for (const Guard& guard : guards_) names.push_back(guard.rule->name);
  return names;
}

std::optional<bool> Memory::rearm(std::string_view rule) {
  Guard* const guard = guard_of(rule);
  return guard == nullptr ? std::nullopt : std::optional(guard->breaker->rearm());
}

std::size_t Memory::refill(std::span<const Known> pairs) {
  const Timestamp then = pairs.front().transfer().last_seen;
  std::size_t unlooked = 0;
  for (Rule& rule : rules_) {
    if (rule.inherited) continue;
    bool lacks = false;
    for (Share& share : shares_of(*rule.rule, pairs)) {
      if (share.more.unlooked) share.more.possible = 0;
      lacks = lacks || share.more.unlooked;
      if (!share.more.is_nothing()) rule.groups->add(share.group, share.more, then);
    }
    unlooked += lacks;
  }
  for (Quota& quota : quotas_) {
    const Contribution use = quota.inherited ? Contribution() : use_of(*quota.contract, pairs);
    if (!use.is_nothing()) quota.window->add_within({}, use, then);
  }
  counted_at_ = then;
  return unlooked;
}

std::vector<std::string> Memory::uninherited() const {
  std::vector<std::string> names;
  for (const Rule& rule : rules_) {
    if (!rule.inherited) names.push_back(rule.rule->name);
  }
  return names;
}

Duration Memory::past_wanted() const {
  Duration longest{0};
  for (const Rule& rule : rules_) {
    if (!rule.inherited) longest = std::max(longest, rule.rule->count->kept());
  }
  for (const Quota& quota : quotas_) {
    if (!quota.inherited) longest = std::max(longest, quota.contract->quota->kept());
  }
  for (const Guard& guard : guards_) {
    if (!guard.inherited) longest = std::max(longest, Duration(guard.breaker->limit().within));
  }
  return longest;
}

std::vector<QuotaUse> Memory::quota_uses() const {
  std::vector<QuotaUse> uses;
  for (const Quota& quota : quotas_) {
    const Tally tally = quota.window->look({}, {}, counted_at_);
    uses.push_back({quota.contract->name, static_cast<std::uint64_t>(tally.sure), quota.contract->quota->more_than});
  }
  return uses;
}

GroupWindowsStats Memory::stats() const {
  GroupWindowsStats sum;
  for (const Rule& rule : rules_) {
    const GroupWindowsStats one = rule.groups->stats();
    sum.groups += one.groups;
    sum.entries += one.entries;
    sum.groups_full += one.groups_full;
    sum.entries_full += one.entries_full;
  }
  return sum;
}

}  // namespace sallyport::policy
