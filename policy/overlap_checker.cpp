#include "policy/overlap_checker.h"

#include <algorithm>
#include <set>
#include <utility>

namespace sallyport::policy {
namespace {

template <class Visitor>
void for_each_network(const NetworkSet& set, const Visitor& visit) {
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (set.test(i)) visit(i);
  }
}

class OverlapChecker {
 public:
  OverlapChecker(const PolicyDocument& document, const CompiledPolicy& policy, Diagnostics& diagnostics)
      : document_(document), policy_(policy), diagnostics_(diagnostics) {
    for (std::uint32_t i = 0; i < policy.addresses.group_count(); ++i) {
      const NetworkSet& group = policy.addresses.networks(i);
      for_each_network(group, [&](std::size_t network) {
        touching_[network] |= group;
        around_[network] &= group;
      });
    }
  }

  void check() {
    for (const CompiledRule& rule : policy_.rules) check("rule " + quoted(rule.name), rule.from, rule.to);
    for (const CompiledContract& contract : policy_.contracts) {
      check("contract " + quoted(contract.name), contract.from, contract.to);
    }
  }

 private:
  void check(const std::string& who, const PlaceTest& from, const PlaceTest& to) {
    check_side(who, from);
    check_side(who, to);
    check_ends(who, from, to);
  }

  /// One of two networks that lie partly in each other is named, the other one is not.
  void check_side(const std::string& who, const PlaceTest& places) {
    const NetworkSet named = places.any | places.excluded;
    for_each_network(named, [&](std::size_t network) {
      for_each_network(touching_[network] & ~named, [&](std::size_t other) {
        const bool inside = around_[network].test(other) != around_[other].test(network);
        if (!inside) warn(who, network, other);
      });
    });
  }

  /// One is the sender, the other the receiver, and nothing says what an address in both is.
  void check_ends(const std::string& who, const PlaceTest& from, const PlaceTest& to) {
    for_each_network(from.any & ~to.any & ~to.excluded, [&](std::size_t network) {
      const NetworkSet across = touching_[network] & to.any & ~from.any & ~from.excluded;
      for_each_network(across, [&](std::size_t other) { warn(who, network, other); });
    });
  }

  void warn(const std::string& who, std::size_t a, std::size_t b) {
    const auto [first, second] = std::minmax(a, b);
    if (!told_.emplace(first, second).second) return;
    const NetworkDocument& earlier = document_.networks[first];
    const NetworkDocument& later = document_.networks[second];
    diagnostics_.warning(later.name.place, "overlapping-networks",
                         "networks " + quoted(earlier.name.value) + " and " + quoted(later.name.value) +
                             " share addresses such as " + shared_address(first, second) + ", and " + who +
                             " takes them for different places",
                         {"", "an address in both counts for both: narrow one of them"});
  }

  /// Of two networks in CIDR notation that share an address one begins inside the other.
  std::string shared_address(std::size_t a, std::size_t b) const {
    for (const auto& [inner, outer] : {std::pair(a, b), std::pair(b, a)}) {
      for (const auto& cidr : document_.networks[inner].cidrs) {
        const IpAddress& address = cidr.value.address;
        if (policy_.addresses.networks(policy_.addresses.group(address)).test(outer)) return address.to_string();
      }
    }
    return {};
  }

  const PolicyDocument& document_;
  const CompiledPolicy& policy_;
  Diagnostics& diagnostics_;
  std::vector<NetworkSet> touching_ = std::vector<NetworkSet>(limits::kPolicyNetworksMax);
  std::vector<NetworkSet> around_ = std::vector<NetworkSet>(limits::kPolicyNetworksMax, ~NetworkSet());
  std::set<std::pair<std::size_t, std::size_t>> told_;
};

}  // namespace

void check_overlaps(const PolicyDocument& document, const CompiledPolicy& compiled, Diagnostics& diagnostics) {
  OverlapChecker(document, compiled, diagnostics).check();
}

}  // namespace sallyport::policy
