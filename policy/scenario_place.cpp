#include "policy/scenario_place.h"

#include <algorithm>
#include <array>

namespace sallyport::policy {
namespace {

using AddressBytes = std::array<std::uint8_t, 16>;

bool holds(const Cidr& cidr, const IpAddress& address) {
  for (unsigned bit = 0; bit < cidr.prefix; ++bit) {
    const unsigned mask = 0x80U >> bit % 8;
    if (((cidr.address.bytes()[bit / 8] ^ address.bytes()[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

std::size_t networks_with(const IpAddress& address, const std::vector<NetworkDocument>& networks) {
  return static_cast<std::size_t>(std::count_if(networks.begin(), networks.end(), [&](const NetworkDocument& network) {
    const auto has = [&address](const auto& cidr) { return holds(cidr.value, address); };
    return std::any_of(network.cidrs.begin(), network.cidrs.end(), has);
  }));
}

/// The address of the network that is `last`, else the second: the first is often no host's.
IpAddress address_of(const Cidr& cidr, bool last) {
  AddressBytes bytes = cidr.address.bytes();
  for (unsigned bit = cidr.prefix; bit < 128 && last; ++bit) {
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | 0x80U >> bit % 8);
  }
  if (cidr.prefix < 127) bytes[15] = static_cast<std::uint8_t>(last ? bytes[15] & 0xFEU : bytes[15] | 1U);
  return IpAddress::from_v6(as_byte_span(bytes.data(), bytes.size()));
}

/// The neighbour of the same size: outside the network, but close.
IpAddress address_beside(const Cidr& cidr) {
  AddressBytes bytes = cidr.address.bytes();
  const unsigned bit = cidr.prefix - 1;
  bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 0x80U >> bit % 8);
  return address_of({IpAddress::from_v6(as_byte_span(bytes.data(), bytes.size())), cidr.prefix}, false);
}

constexpr std::size_t kTriedMax = 64;  // of each network: what overlaps more than that overlaps everywhere

/// Addresses of one network that are worth a try: its ends, and beside each network that lies inside it.
std::vector<IpAddress> candidates(const Cidr& cidr, const std::vector<NetworkDocument>& networks) {
  std::vector<IpAddress> all{address_of(cidr, false), address_of(cidr, true)};
  for (const NetworkDocument& network : networks) {
    for (const auto& inner : network.cidrs) {
      if (all.size() < kTriedMax && inner.value.prefix > cidr.prefix && holds(cidr, inner.value.address)) {
        all.push_back(address_beside(inner.value));
      }
    }
  }
  return all;
}

}  // namespace

std::optional<IpAddress> address_for(std::string_view word, const std::vector<NetworkDocument>& networks) {
  const auto has_name = [word](const NetworkDocument& network) { return network.name.value == word; };
  const auto network = std::find_if(networks.begin(), networks.end(), has_name);
  if (network == networks.end()) return IpAddress::parse(word);
  std::optional<IpAddress> best;
  std::size_t fewest = 0;
  std::size_t tried = 0;
  for (const auto& cidr : network->cidrs) {
    for (const IpAddress& address : candidates(cidr.value, networks)) {
      if (fewest == 1 || ++tried > kTriedMax) break;
      const std::size_t count = networks_with(address, networks);
      if (best && count >= fewest) continue;
      best = address;
      fewest = count;
    }
  }
  return best;
}

std::optional<IpAddress> address_outside(const std::vector<NetworkDocument>& networks) {
  // Documentation addresses first (RFC 5737): what stands in a message should be nobody's.
  std::vector<IpAddress> tried;
  for (const char* text : {"198.51.100.1", "203.0.113.1", "192.0.2.1", "233.252.0.1", "2001:db8::1"}) {
    tried.push_back(*IpAddress::parse(text));
  }
  for (const NetworkDocument& network : networks) {
    for (const auto& cidr : network.cidrs) {
      if (cidr.value.prefix > 0) tried.push_back(address_beside(cidr.value));
    }
  }
  const auto is_outside = [&networks](const IpAddress& address) { return networks_with(address, networks) == 0; };
  const auto found = std::find_if(tried.begin(), tried.end(), is_outside);
  return found == tried.end() ? std::nullopt : std::optional(*found);
}

PlayedTransfer play(const ScenarioDocument& scenario, const std::vector<NetworkDocument>& networks,
                    const Moment& moment) {
  const auto address = [&networks](const std::string& word) {
    return address_for(word, networks).value_or(IpAddress());
  };
  return play(scenario, address(scenario.from.value), address(scenario.to.value), moment);
}

}  // namespace sallyport::policy
