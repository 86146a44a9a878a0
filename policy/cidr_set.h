// Networks in CIDR notation as sets of addresses.
#pragma once

#include <vector>

#include "policy/values.h"

namespace sallyport::policy {

/// The addresses of `from` that are in none of `taken`, as few networks in CIDR notation, rising.
std::vector<Cidr> without(const std::vector<Cidr>& from, const std::vector<Cidr>& taken);

}  // namespace sallyport::policy
