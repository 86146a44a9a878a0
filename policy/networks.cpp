#include "policy/networks.h"

#include <algorithm>
#include <map>
#include <optional>

namespace sallyport::policy {
namespace {

using AddressBytes = std::array<std::uint8_t, 16>;

/// No name in the DNS is longer (RFC 1035 2.3.4), and each of its dots costs a look-up.
constexpr std::size_t kHostBytesMax = 255;

/// The first address behind the network; nothing where it reaches to the last of all.
std::optional<IpAddress> address_behind(const Cidr& cidr) {
  if (cidr.prefix == 0) return std::nullopt;
  AddressBytes bytes = cidr.address.bytes();
  unsigned carry = 1U << (7 - (cidr.prefix - 1) % 8);
  for (std::size_t i = (cidr.prefix - 1) / 8 + 1; i > 0 && carry != 0; --i) {
    const unsigned sum = bytes[i - 1] + carry;
    bytes[i - 1] = static_cast<std::uint8_t>(sum);
    carry = sum >> 8U;
  }
  if (carry != 0) return std::nullopt;
  return IpAddress::from_v6(as_byte_span(bytes.data(), bytes.size()));
}

/// Where networks begin and end, in the order of addresses.
std::map<IpAddress, std::vector<std::pair<std::size_t, int>>> edges_of(
    const std::vector<AddressIndex::Member>& members) {
  std::map<IpAddress, std::vector<std::pair<std::size_t, int>>> edges;
  edges[IpAddress()];
  for (const auto& [cidr, network] : members) {
    edges[cidr.address].emplace_back(network, 1);
    const auto behind = address_behind(cidr);
    if (behind) edges[*behind].emplace_back(network, -1);
  }
  return edges;
}

}  // namespace

AddressIndex::AddressIndex(const std::vector<Member>& members) {
  std::unordered_map<NetworkSet, std::uint32_t> known;
  std::vector<int> open(limits::kPolicyNetworksMax);  // a network may hold overlapping CIDRs
  NetworkSet current;
  for (const auto& [address, changes] : edges_of(members)) {
    for (const auto& [network, change] : changes) {
      open[network] += change;
      current.set(network, open[network] > 0);
    }
    const auto [group, is_new] = known.try_emplace(current, static_cast<std::uint32_t>(groups_.size()));
    if (is_new) add_group(current);
    if (!group_of_run_.empty() && group_of_run_.back() == group->second) continue;
    starts_.push_back(key_of(address));
    group_of_run_.push_back(group->second);
  }
}

AddressIndex::AddressKey AddressIndex::key_of(const IpAddress& address) {
  const auto& bytes = address.bytes();
  AddressKey key;
  for (std::size_t i = 0; i < 8; ++i) {
    key.first = key.first << 8U | bytes[i];
    key.second = key.second << 8U | bytes[8 + i];
  }
  return key;
}

IpAddress AddressIndex::address_of(const AddressKey& key) {
  AddressBytes bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(key.first >> (56 - 8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(key.second >> (56 - 8 * i));
  }
  return IpAddress::from_v6(as_byte_span(bytes.data(), bytes.size()));
}

std::vector<AddressIndex::Run> AddressIndex::runs() const {
  constexpr std::uint64_t kOnes = ~std::uint64_t{0};
  std::vector<Run> runs;
  for (std::size_t i = 0; i < starts_.size(); ++i) {
    AddressKey last{kOnes, kOnes};
    if (i + 1 < starts_.size()) {
      last = starts_[i + 1];
      if (last.second-- == 0) --last.first;
    }
    runs.push_back({address_of(starts_[i]), address_of(last), group_of_run_[i]});
  }
  return runs;
}

void AddressIndex::add_group(const NetworkSet& networks) {
  groups_.push_back(networks);
  std::vector<std::uint16_t>& list = lists_.emplace_back();
  for_each_network(networks, [&list](std::size_t network) { list.push_back(static_cast<std::uint16_t>(network)); });
}

std::uint32_t AddressIndex::group(const IpAddress& address) const {
  const auto behind = std::upper_bound(starts_.begin(), starts_.end(), key_of(address));
  return group_of_run_[static_cast<std::size_t>(behind - starts_.begin()) - 1];
}

HostIndex::HostIndex(const std::vector<Member>& members) {
  for (const auto& [glob, network] : members) {
    const std::string pattern = folded(glob);
    const std::string_view behind = std::string_view(pattern).substr(pattern.empty() ? 0 : 1);
    if (pattern.find_first_of("*?") == std::string::npos) {
      exact_[pattern].set(network);
    } else if (pattern.starts_with("*.") && behind.find_first_of("*?") == std::string_view::npos) {
      suffixes_[std::string(behind)].set(network);
    } else {
      globs_.emplace_back(Glob(glob), network);
    }
  }
}

NetworkSet HostIndex::networks(std::string_view host) const {
  NetworkSet set;
  if (host.size() > kHostBytesMax) return set;
  const auto exact = exact_.find(std::string(host));
  if (exact != exact_.end()) set |= exact->second;
  if (!suffixes_.empty()) {
    for (std::size_t dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
      const auto suffix = suffixes_.find(std::string(host.substr(dot)));
      if (suffix != suffixes_.end()) set |= suffix->second;
    }
  }
  for (const auto& [glob, network] : globs_) {
    if (!set.test(network) && glob.matches(host)) set.set(network);
  }
  return set;
}

std::string normal_host(std::string_view host) {
  while (host.starts_with('\\')) host.remove_prefix(1);
  const std::size_t colon = host.rfind(':');
  const bool is_port =
      colon != std::string_view::npos && host.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  if (is_port && (host.find(':') == colon || host[colon - 1] == ']')) host = host.substr(0, colon);
  while (host.ends_with('.')) host.remove_suffix(1);
  return folded(host);
}

}  // namespace sallyport::policy
