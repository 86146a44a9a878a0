// Firewall rules that bring connections before the tproxy front end, from what a policy has an interest in.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "policy/steering.h"

namespace sallyport::cli {

struct SteeringOptions {
  std::uint16_t port = 15001;       ///< where the front end listens
  std::uint32_t mark = 0x20000000;  ///< bits of the packet mark that mean "to be delivered here"; other bits are kept
  std::uint32_t table = 15001;      ///< of routes, for marked packets alone
  bool fail_open = false;           ///< while nobody listens, steered connections are forwarded, not denied
  std::vector<std::string> interfaces;  ///< only connections whose first packet enters there; none: anywhere
};

/// Whose rules they are.
struct SteeringTitle {
  std::string policy;
  std::string digest;
};

struct Steering {
  SteeringTitle title;
  policy::FamilySteering ipv4;
  policy::FamilySteering ipv6;
};

/// For `nft -f`: replaces the table inet sallyport_steer, and touches no other.
std::string nft_ruleset(const Steering& steering, const SteeringOptions& options);
/// For `iptables-restore --noflush`, or ip6tables-restore: chains of its own, SALLYPORT_STEER and others that begin so.
/// There is none that fails open: the target TPROXY drops while nobody listens.
std::string iptables_ruleset(const Steering& steering, policy::AddressFamily family, const SteeringOptions& options);

}  // namespace sallyport::cli
