#include "policy/memory.h"

#include <algorithm>
#include <utility>

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
    const GroupKey group = group_of(*rule.count, pairs[i]);
    Contribution more = contribution_of(rule, pairs[i]);
    const auto same = std::find_if(shares.begin(), shares.end(), [&](const Share& one) { return one.group == group; });
    if (same == shares.end()) {
      shares.push_back({group, std::move(more), {i}});
      continue;
    }
    same->pairs.push_back(i);
    const bool better = more.is_sure() ? !same->more.is_sure() : same->more.is_nothing();
    if (better) same->more = std::move(more);
  }
  return shares;
}

template <class Ask>
void tell(const CompiledRule& rule, std::span<Known> pairs, const Ask& ask) {
  const Timestamp now = pairs.front().transfer().last_seen;
  for (const Share& share : shares_of(rule, pairs)) {
    if (share.more.is_nothing()) continue;
    const Tally tally = ask(share, now);
    for (const std::size_t pair : share.pairs) pairs[pair].set_tally(rule, tally);
  }
}

}  // namespace

Memory::Memory(const CompiledPolicy& policy) {
  for (const CompiledRule& rule : policy.rules) {
    if (rule.count) rules_.push_back({&rule, std::make_shared<GroupWindows>(*rule.count)});
  }
}

void Memory::inherit(const Memory& older) {
  for (Rule& rule : rules_) {
    const auto same = std::find_if(older.rules_.begin(), older.rules_.end(), [&rule](const Rule& other) {
      return other.rule->count_key == rule.rule->count_key;
    });
    if (same == older.rules_.end()) continue;
    rule.groups = same->groups;
    rule.inherited = true;
  }
}

void Memory::look(std::span<Known> pairs) const {
  for (Known& known : pairs) known.expect_tallies(rules_.size());
  for (const Rule& rule : rules_) {
    tell(*rule.rule, pairs,
         [&rule](const Share& share, Timestamp now) { return rule.groups->look(share.group, share.more, now); });
  }
}

void Memory::count(std::span<Known> pairs) {
  for (Known& known : pairs) known.expect_tallies(rules_.size());
  for (Rule& rule : rules_) {
    tell(*rule.rule, pairs,
         [&rule](const Share& share, Timestamp now) { return rule.groups->add(share.group, share.more, now); });
  }
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
  return longest;
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
