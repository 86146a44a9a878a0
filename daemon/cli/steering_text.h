// What the firewall rules of both languages have in common.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/cli/steering_ruleset.h"

namespace sallyport::cli {

/// The first lines, comments: what it is for, what it was made from, and the routes that marked packets need.
/// `families` are those that it speaks of.
std::string steering_head(const Steering& steering, const SteeringOptions& options, std::string_view program,
                          const std::vector<policy::AddressFamily>& families);
const policy::FamilySteering& of_family(const Steering& steering, policy::AddressFamily family);
/// "0x20000000".
std::string mark_text(const SteeringOptions& options);
/// As the family writes it: an IPv6 address never as an IPv4 one.
std::string address_text(const IpAddress& address, policy::AddressFamily family);
std::string cidr_text(const policy::Cidr& cidr, policy::AddressFamily family);

}  // namespace sallyport::cli
