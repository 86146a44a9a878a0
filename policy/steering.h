// Which connections a policy has an interest in, as sets of addresses: what a firewall has to bring before a front end,
// and what it may forward unseen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/cidr_set.h"
#include "policy/policy.h"

namespace sallyport::policy {

enum class AddressFamily : std::uint8_t { kIpv4, kIpv6 };

enum class SteeredRules : std::uint8_t {
  kAll,       ///< every connection of which Policy::interest() is not kNone
  kBlocking,  ///< those of rules in state block only
};

/// A set of addresses of one family.
struct AddressMatch {
  std::vector<AddressRange> ranges;  ///< rising; none overlaps or touches another
  bool outside = false;              ///< the set is every address but those
  std::string networks;              ///< what is in `ranges`, by the policy's names
};

/// Connections of any of the clients to any of the servers.
struct SteeredConnections {
  AddressMatch clients;
  AddressMatch servers;
};

struct FamilySteering {
  std::vector<SteeredConnections> connections;  ///< no client is in two of them
  std::size_t pairs = 0;                        ///< pairs of client group and server group that are steered,
  std::size_t pairs_of = 0;                     ///< of so many; a group is the addresses that are in the same networks
};

/// Equal for equal policies.
FamilySteering steering(const Policy& policy, AddressFamily family, SteeredRules rules = SteeredRules::kAll);

}  // namespace sallyport::policy
