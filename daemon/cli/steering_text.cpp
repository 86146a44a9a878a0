#include "daemon/cli/steering_text.h"

#include <cstdio>

namespace sallyport::cli {
namespace {

using policy::AddressFamily;

/// Before the table main (32766), and behind what the host itself puts first.
constexpr std::string_view kRulePreference = "15001";
/// Who made a route or rule, as `ip rule` shows it: deploy/nftables/tproxy-steer removes what bears it.
constexpr std::string_view kRouteProtocol = "115";

std::string family_name(AddressFamily family) {
  return family == AddressFamily::kIpv4 ? "IPv4" : "IPv6";
}

std::string pairs_text(const Steering& steering, AddressFamily family) {
  const policy::FamilySteering& one = of_family(steering, family);
  return family_name(family) + ": " + std::to_string(one.pairs) + " of " + std::to_string(one.pairs_of);
}

std::string routes(const SteeringOptions& options, AddressFamily family) {
  const std::string ip = family == AddressFamily::kIpv4 ? "#   ip " : "#   ip -6 ";
  const std::string mark = mark_text(options);
  const std::string table = std::to_string(options.table);
  const std::string protocol = " protocol " + std::string(kRouteProtocol) + '\n';
  return ip + "rule add pref " + std::string(kRulePreference) + " fwmark " + mark + '/' + mark + " lookup " + table +
         protocol + ip + "route replace local default dev lo table " + table + protocol;
}

}  // namespace

std::string steering_head(const Steering& steering, const SteeringOptions& options, std::string_view program,
                          const std::vector<AddressFamily>& families) {
  std::string text = "# Sallyport steering, for: " + std::string(program) + '\n';
  text += "# Made by sallyport policy nft from the policy " + steering.title.policy + ", sha256 " +
          steering.title.digest + ".\n# Pairs of address groups that are steered to TCP port " +
          std::to_string(options.port) + ": ";
  for (const AddressFamily family : families)
    text += (family == families.front() ? "" : "; ") + pairs_text(steering, family);
  text += options.fail_open ? ".\n# While nobody listens there, their connections are forwarded.\n"
                            : ".\n# While nobody listens there, their connections are denied.\n";
  text += "# Marked packets have to be delivered to this host (deploy/nftables/tproxy-steer sees to it):\n";
  for (const AddressFamily family : families) text += routes(options, family);
  return text + '\n';
}

const policy::FamilySteering& of_family(const Steering& steering, AddressFamily family) {
  return family == AddressFamily::kIpv4 ? steering.ipv4 : steering.ipv6;
}

std::string mark_text(const SteeringOptions& options) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%x", options.mark);
  return text;
}

std::string address_text(const IpAddress& address, AddressFamily family) {
  const bool is_mapped = family == AddressFamily::kIpv6 && address.is_v4();
  return (is_mapped ? "::ffff:" : "") + address.to_string();
}

std::string cidr_text(const policy::Cidr& cidr, AddressFamily family) {
  const unsigned written = family == AddressFamily::kIpv4 ? cidr.prefix - 96 : cidr.prefix;
  return address_text(cidr.address, family) + '/' + std::to_string(written);
}

}  // namespace sallyport::cli
