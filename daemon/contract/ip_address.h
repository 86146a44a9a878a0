// An IPv4 or IPv6 address as a value.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/bytes.h"

namespace sallyport {

/// IPv4 is kept as its IPv4-mapped IPv6 form (RFC 4291 2.5.5.2), so that both compare and hash alike.
class IpAddress {
 public:
  IpAddress() = default;
  /// Exactly 4 or 16 bytes in network order.
  static IpAddress from_v4(Bytes four_bytes);
  static IpAddress from_v6(Bytes sixteen_bytes);
  /// "192.0.2.1", "2001:db8::1"; nothing for any other text.
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const;
  /// Network order; the last four are the IPv4 address where is_v4().
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  std::string to_string() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;

  /// "192.0.2.1:80", "[2001:db8::1]:80".
  std::string to_string() const;
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace sallyport

template <>
struct std::hash<sallyport::IpAddress> {
  std::size_t operator()(const sallyport::IpAddress& address) const noexcept;
};
