#include "policy/rule_index.h"

#include "policy/ask.h"
#include "policy/compiled_policy.h"

namespace sallyport::policy {

RuleSet::RuleSet(std::size_t rules, bool all) : words_((rules + 63) / 64, all ? ~std::uint64_t{0} : 0) {
  if (all && rules % 64 != 0) words_.back() = (std::uint64_t{1} << (rules % 64)) - 1;
}

RuleSet& RuleSet::operator|=(const RuleSet& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  return *this;
}

RuleSet& RuleSet::operator&=(const RuleSet& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
  return *this;
}

RuleSet& RuleSet::operator-=(const RuleSet& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
  return *this;
}

EndIndex::EndIndex(const CompiledPolicy& policy, PlaceTest CompiledRule::*places) {
  const RuleSet none(policy.rules.size());
  RuleSet anywhere = none;
  std::vector<RuleSet> excluding(policy.network_names.size(), none);
  by_network_ = excluding;
  by_any_host_ = none;
  for (std::size_t rule = 0; rule < policy.rules.size(); ++rule) {
    const PlaceTest& place = policy.rules[rule].*places;
    if (place.anywhere) anywhere.set(rule);
    if ((place.any & policy.with_hosts).any()) by_any_host_.set(rule);
    for_each_network(place.any, [&](std::size_t network) { by_network_[network].set(rule); });
    for_each_network(place.excluded, [&](std::size_t network) { excluding[network].set(rule); });
  }
  for (std::uint32_t group = 0; group < policy.addresses.group_count(); ++group) {
    const NetworkSet& networks = policy.addresses.networks(group);
    RuleSet& row = by_group_.emplace_back(anywhere);
    for_each_network(networks, [&](std::size_t network) { row |= by_network_[network]; });
    for_each_network(networks, [&](std::size_t network) { row -= excluding[network]; });
  }
}

RuleSet EndIndex::candidates(const Side& side) const {
  RuleSet set = by_group_[side.group];
  if (side.open.any()) set |= by_any_host_;
  for_each_network(side.by_host, [&](std::size_t network) { set |= by_network_[network]; });
  return set;
}

RuleIndex::RuleIndex(const CompiledPolicy& policy, std::size_t bits_max) : rules_(policy.rules.size()) {
  const std::size_t rows = policy.addresses.group_count() + policy.network_names.size();
  is_made_ = rows * rules_ <= bits_max;
  if (!is_made_) return;
  from_ = EndIndex(policy, &CompiledRule::from);
  to_ = EndIndex(policy, &CompiledRule::to);
}

RuleSet RuleIndex::candidates(const Side& sender, const Side& receiver) const {
  if (!is_made_) return all();
  RuleSet set = from_.candidates(sender);
  set &= to_.candidates(receiver);
  return set;
}

}  // namespace sallyport::policy
