#include "policy/cidr_set.h"

#include <algorithm>
#include <array>

namespace sallyport::policy {
namespace {

bool bit_of(const IpAddress& address, unsigned index) {
  return (address.bytes()[index / 8] >> (7 - index % 8) & 1U) != 0;
}

bool contains(const Cidr& outer, const Cidr& inner) {
  if (outer.prefix > inner.prefix) return false;
  for (unsigned i = 0; i < outer.prefix; ++i) {
    if (bit_of(outer.address, i) != bit_of(inner.address, i)) return false;
  }
  return true;
}

/// Rising, and none inside another. What contains a network stands before it.
std::vector<Cidr> disjoint(std::vector<Cidr> all) {
  std::sort(all.begin(), all.end());
  std::vector<Cidr> kept;
  for (const Cidr& cidr : all) {
    if (kept.empty() || !contains(kept.back(), cidr)) kept.push_back(cidr);
  }
  return kept;
}

Cidr half_of(const Cidr& whole, bool second) {
  std::array<std::byte, 16> bytes{};
  for (unsigned i = 0; i < 16; ++i) bytes[i] = std::byte{whole.address.bytes()[i]};
  if (second) bytes[whole.prefix / 8] |= std::byte{0x80} >> static_cast<int>(whole.prefix % 8);
  return {IpAddress::from_v6(bytes), whole.prefix + 1};
}

IpAddress last_of(const Cidr& cidr) {
  std::array<std::byte, 16> bytes{};
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = std::clamp(cidr.prefix, 8 * i, 8 * i + 8) - 8 * i;
    bytes[i] = std::byte{cidr.address.bytes()[i]} | std::byte{0xFF} >> static_cast<int>(kept);
  }
  return IpAddress::from_v6(bytes);
}

/// Adds what `whole` and `range` have in common.
void cover(const Cidr& whole, const AddressRange& range, std::vector<Cidr>& cidrs) {
  const AddressRange all{whole.address, last_of(whole)};
  if (all.last < range.first || range.last < all.first) return;
  if (range.first <= all.first && all.last <= range.last) {
    cidrs.push_back(whole);
    return;
  }
  cover(half_of(whole, false), range, cidrs);
  cover(half_of(whole, true), range, cidrs);
}

/// `taken` is disjoint.
void subtract(const Cidr& cidr, const std::vector<Cidr>& taken, std::vector<Cidr>& left) {
  const auto next = std::lower_bound(taken.begin(), taken.end(), cidr);
  if (next != taken.begin() && contains(*std::prev(next), cidr)) return;
  if (next != taken.end() && *next == cidr) return;
  if (next == taken.end() || !contains(cidr, *next)) {
    left.push_back(cidr);
    return;
  }
  subtract(half_of(cidr, false), taken, left);
  subtract(half_of(cidr, true), taken, left);
}

}  // namespace

std::vector<Cidr> cidrs_of(const AddressRange& range) {
  std::vector<Cidr> cidrs;
  cover({IpAddress(), 0}, range, cidrs);
  return cidrs;
}

std::vector<Cidr> without(const std::vector<Cidr>& from, const std::vector<Cidr>& taken) {
  const std::vector<Cidr> others = disjoint(taken);
  std::vector<Cidr> left;
  for (const Cidr& cidr : disjoint(from)) subtract(cidr, others, left);
  return left;
}

}  // namespace sallyport::policy
