// Which named networks an address or a host name belongs to.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/contract/ip_address.h"
#include "policy/glob.h"
#include "policy/limits.h"
#include "policy/values.h"

namespace sallyport::policy {

/// One bit a network, by its place in the policy.
using NetworkSet = std::bitset<limits::kPolicyNetworksMax>;

/// Calls `visit` with the number of each. _Find_first, _Find_next: those of libstdc++, far faster than to try each bit.
template <class Visitor>
void for_each_network(const NetworkSet& networks, const Visitor& visit) {
  for (std::size_t i = networks._Find_first(); i < networks.size(); i = networks._Find_next(i)) visit(i);
}

/// Addresses to networks: the address space cut into runs of addresses that belong to the same networks. Immutable.
class AddressIndex {
 public:
  struct Member {
    Cidr cidr;
    std::size_t network = 0;
  };
  AddressIndex() : AddressIndex(std::vector<Member>{}) {}
  explicit AddressIndex(const std::vector<Member>& members);

  /// Addresses one behind another that belong to the same networks.
  struct Run {
    IpAddress first;
    IpAddress last;
    std::uint32_t group = 0;
  };
  /// Number of the group of addresses that belong to the same networks. One binary search.
  std::uint32_t group(const IpAddress& address) const;
  const NetworkSet& networks(std::uint32_t group) const { return groups_[group]; }
  /// The same, as a list: of so few that looking for each in a set is faster than to compare the sets.
  const std::vector<std::uint16_t>& listed(std::uint32_t group) const { return lists_[group]; }
  std::uint32_t group_count() const { return static_cast<std::uint32_t>(groups_.size()); }
  /// All addresses there are, rising.
  std::vector<Run> runs() const;

 private:
  /// Compares as the address does, in two steps instead of sixteen.
  using AddressKey = std::pair<std::uint64_t, std::uint64_t>;

  static AddressKey key_of(const IpAddress& address);
  static IpAddress address_of(const AddressKey& key);
  void add_group(const NetworkSet& networks);

  std::vector<AddressKey> starts_;  // of each run, rising; the first is the address of zeros
  std::vector<std::uint32_t> group_of_run_;
  std::vector<NetworkSet> groups_;  // distinct
  std::vector<std::vector<std::uint16_t>> lists_;
};

/// Host names to networks. Exact names and "*.domain" are looked up, other globs tried one by one. Immutable.
class HostIndex {
 public:
  struct Member {
    std::string glob;
    std::size_t network = 0;
  };
  HostIndex() = default;
  explicit HostIndex(const std::vector<Member>& members);

  /// `host` as normal_host() makes it.
  NetworkSet networks(std::string_view host) const;

 private:
  std::unordered_map<std::string, NetworkSet> exact_;
  std::unordered_map<std::string, NetworkSet> suffixes_;  // ".partner.example"
  std::vector<std::pair<Glob, std::size_t>> globs_;
};

/// A host name as it is compared: folded, without port, leading backslashes and the dot of a full name.
std::string normal_host(std::string_view host);

}  // namespace sallyport::policy
