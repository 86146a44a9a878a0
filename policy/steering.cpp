#include "policy/steering.h"

#include <algorithm>
#include <map>
#include <utility>

#include "policy/compiled_policy.h"
#include "policy/demand.h"

namespace sallyport::policy {
namespace {

using Run = AddressIndex::Run;
/// Whether each group, by its number, is in a set.
using GroupSet = std::vector<bool>;

/// Groups that a comment names before it says how many more there are.
constexpr std::size_t kGroupsNamed = 8;

/// IPv4, as IpAddress keeps it.
AddressRange mapped() {
  return {*IpAddress::parse("0.0.0.0"), *IpAddress::parse("255.255.255.255")};
}

std::vector<Run> ipv4_runs(std::vector<Run> runs) {
  const AddressRange all = mapped();
  std::erase_if(runs, [&](const Run& run) { return run.last < all.first || all.last < run.first; });
  for (Run& run : runs) run = {std::max(run.first, all.first), std::min(run.last, all.last), run.group};
  return runs;
}

/// IPv4-mapped addresses (::ffff:0:0/96) are never on the wire: they go with those before them, so that ranges are not
/// cut there.
std::vector<Run> ipv6_runs(std::vector<Run> runs) {
  const AddressRange hole = mapped();
  const IpAddress before = *IpAddress::parse("::fffe:ffff:ffff");
  const IpAddress behind = *IpAddress::parse("::1:0:0:0");
  std::erase_if(runs, [&](const Run& run) { return hole.first <= run.first && run.last <= hole.last; });
  for (Run& run : runs) {
    if (hole.first <= run.first && run.first <= hole.last) run.first = behind;
    if (before <= run.last && run.last <= hole.last) run.last = hole.last;
  }
  return runs;
}

class Steerer {
 public:
  Steerer(const CompiledPolicy& policy, AddressFamily family, SteeredRules rules)
      : policy_(policy),
        rules_(rules),
        runs_(family == AddressFamily::kIpv4 ? ipv4_runs(policy.addresses.runs())
                                             : ipv6_runs(policy.addresses.runs())) {
    GroupSet seen(policy.addresses.group_count());
    for (const Run& run : runs_) {
      if (!seen[run.group]) groups_.push_back(run.group);
      seen[run.group] = true;
    }
  }

  FamilySteering steering() const {
    FamilySteering steering;
    steering.pairs_of = groups_.size() * groups_.size();
    for (const auto& [clients, servers] : rows()) {
      const std::size_t pairs = count(clients) * count(servers);
      if (pairs == 0) continue;
      steering.pairs += pairs;
      steering.connections.push_back({match(clients), match(servers)});
    }
    return steering;
  }

 private:
  struct Row {
    GroupSet clients;
    GroupSet servers;
  };

  bool is_steered(std::uint32_t client, std::uint32_t server) const {
    if (rules_ == SteeredRules::kBlocking) return may_block_flow(policy_, client, server);
    return known_flow_interest(policy_, client, server) != Interest::kNone;
  }

  GroupSet servers_of(std::uint32_t client) const {
    GroupSet servers(policy_.addresses.group_count());
    for (const std::uint32_t server : groups_) servers[server] = is_steered(client, server);
    return servers;
  }

  /// Clients with the same servers share a row.
  std::vector<Row> rows() const {
    std::vector<Row> rows;
    std::map<GroupSet, std::size_t> known;
    for (const std::uint32_t client : groups_) {
      GroupSet servers = servers_of(client);
      const auto [row, is_new] = known.try_emplace(servers, rows.size());
      if (is_new) rows.push_back({GroupSet(servers.size()), std::move(servers)});
      rows[row->second].clients[client] = true;
    }
    return rows;
  }

  static std::size_t count(const GroupSet& set) {
    return static_cast<std::size_t>(std::count(set.begin(), set.end(), true));
  }

  /// The set or what is not in it, whichever takes fewer ranges.
  AddressMatch match(const GroupSet& set) const {
    GroupSet others(set.size());
    for (const std::uint32_t group : groups_) others[group] = !set[group];
    std::vector<AddressRange> inside = ranges(set);
    std::vector<AddressRange> outside = ranges(others);
    const bool is_outside = !outside.empty() && outside.size() < inside.size();
    if (is_outside) return {std::move(outside), true, names(others)};
    return {std::move(inside), false, names(set)};
  }

  std::vector<AddressRange> ranges(const GroupSet& set) const {
    std::vector<AddressRange> ranges;
    bool goes_on = false;
    for (const Run& run : runs_) {
      if (goes_on && set[run.group]) ranges.back().last = run.last;
      if (!goes_on && set[run.group]) ranges.push_back({run.first, run.last});
      goes_on = set[run.group];
    }
    return ranges;
  }

  std::string names(const GroupSet& set) const {
    const std::size_t all = count(set);
    if (all == groups_.size()) return "every address";
    std::string text;
    std::size_t named = 0;
    for (const std::uint32_t group : groups_) {
      if (!set[group] || named == kGroupsNamed) continue;
      text += (named++ == 0 ? "" : ", ") + name(group);
    }
    return named == all ? text : text + " and " + std::to_string(all - named) + " more";
  }

  std::string name(std::uint32_t group) const {
    std::string text;
    for (const std::uint16_t network : policy_.addresses.listed(group)) {
      text += (text.empty() ? "" : "+") + policy_.network_names[network];
    }
    return text.empty() ? "what is in no network" : text;
  }

  const CompiledPolicy& policy_;
  SteeredRules rules_;
  std::vector<Run> runs_;              // of the family
  std::vector<std::uint32_t> groups_;  // of the family, in the order of addresses
};

}  // namespace

FamilySteering steering(const Policy& policy, AddressFamily family, SteeredRules rules) {
  return Steerer(policy.compiled(), family, rules).steering();
}

}  // namespace sallyport::policy
