// Networks in CIDR notation as sets of addresses.
#pragma once

#include <vector>

#include "policy/values.h"

namespace sallyport::policy {

/// Addresses from `first` to `last`, both among them.
struct AddressRange {
  IpAddress first;
  IpAddress last;

  auto operator<=>(const AddressRange&) const = default;
};

/// The same addresses, as few networks in CIDR notation, rising.
std::vector<Cidr> cidrs_of(const AddressRange& range);

/// The addresses of `from` that are in none of `taken`, as few networks in CIDR notation, rising.
std::vector<Cidr> without(const std::vector<Cidr>& from, const std::vector<Cidr>& taken);

}  // namespace sallyport::policy
