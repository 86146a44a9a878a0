#include "daemon/contract/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "daemon/base/check.h"

namespace sallyport {
namespace {

constexpr std::size_t kMappedPrefixSize = 12;
constexpr std::array<std::uint8_t, kMappedPrefixSize> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

IpAddress IpAddress::from_v4(Bytes four_bytes) {
  SALLYPORT_CHECK(four_bytes.size() == 4);
  IpAddress address;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes_.begin());
  std::memcpy(address.bytes_.data() + kMappedPrefixSize, four_bytes.data(), 4);
  return address;
}

IpAddress IpAddress::from_v6(Bytes sixteen_bytes) {
  SALLYPORT_CHECK(sixteen_bytes.size() == 16);
  IpAddress address;
  std::memcpy(address.bytes_.data(), sixteen_bytes.data(), 16);
  return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string terminated(text);
  std::array<std::byte, 16> raw;
  if (::inet_pton(AF_INET, terminated.c_str(), raw.data()) == 1) return from_v4(Bytes(raw).first(4));
  if (::inet_pton(AF_INET6, terminated.c_str(), raw.data()) == 1) return from_v6(raw);
  return std::nullopt;
}

bool IpAddress::is_v4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin());
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN];
  const void* const start = is_v4() ? bytes_.data() + kMappedPrefixSize : bytes_.data();
  return ::inet_ntop(is_v4() ? AF_INET : AF_INET6, start, text, sizeof text);
}

std::string Endpoint::to_string() const {
  const std::string text = address.to_string();
  return (address.is_v4() ? text : '[' + text + ']') + ':' + std::to_string(port);
}

}  // namespace sallyport

std::size_t std::hash<sallyport::IpAddress>::operator()(const sallyport::IpAddress& address) const noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, address.bytes().data(), sizeof halves);
  // The multiplier of splitmix64: neighbouring addresses must not fall into neighbouring buckets.
  const std::uint64_t mixed = (halves[0] ^ (halves[1] >> 29) ^ halves[1]) * 0xbf58476d1ce4e5b9U;
  return mixed ^ (mixed >> 32);
}
