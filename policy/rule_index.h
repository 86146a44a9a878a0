// Which rules can match between two places. Most rules speak of other networks; a verdict costs what the rest cost.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "policy/limits.h"
#include "policy/networks.h"

namespace sallyport::policy {

struct CompiledPolicy;
struct CompiledRule;
struct PlaceTest;
struct Side;

/// Rules by their number in CompiledPolicy::rules, one bit each.
class RuleSet {
 public:
  RuleSet() = default;
  explicit RuleSet(std::size_t rules, bool all = false);

  void set(std::size_t rule) { words_[rule / 64] |= std::uint64_t{1} << (rule % 64); }
  RuleSet& operator|=(const RuleSet& other);
  RuleSet& operator&=(const RuleSet& other);
  RuleSet& operator-=(const RuleSet& other);

  /// Calls `visit` with the number of each, in the order of the policy.
  template <class Visitor>
  void for_each(const Visitor& visit) const {
    for (std::size_t word = 0; word < words_.size(); ++word) {
      for (std::uint64_t rest = words_[word]; rest != 0; rest &= rest - 1) {
        visit(word * 64 + static_cast<std::size_t>(std::countr_zero(rest)));
      }
    }
  }

 private:
  std::vector<std::uint64_t> words_;
};

/// Of one end of a transfer: the rules whose from: (or to:) does not rule it out. Immutable.
class EndIndex {
 public:
  EndIndex() = default;
  EndIndex(const CompiledPolicy& policy, PlaceTest CompiledRule::*places);

  /// Never too few; too many only where a host name is in play.
  RuleSet candidates(const Side& side) const;

 private:
  std::vector<RuleSet> by_group_;    // of addresses alone
  std::vector<RuleSet> by_network_;  // rules that name the network
  RuleSet by_any_host_;              // rules that name a network with hosts
};

/// Both ends. Immutable; any thread.
class RuleIndex {
 public:
  RuleIndex() = default;
  /// `policy` with all but its index. Where rules times places are more than `bits_max` every rule is a candidate.
  explicit RuleIndex(const CompiledPolicy& policy, std::size_t bits_max = limits::kPolicyRuleIndexBitsMax);

  RuleSet candidates(const Side& sender, const Side& receiver) const;
  RuleSet all() const { return RuleSet(rules_, true); }

 private:
  std::size_t rules_ = 0;
  bool is_made_ = false;
  EndIndex from_;
  EndIndex to_;
};

}  // namespace sallyport::policy
