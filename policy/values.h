// The text of one value to what it means: numbers, times, sizes, addresses. Strict: what could be read in two ways is
// refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "daemon/base/time.h"
#include "daemon/contract/ip_address.h"

namespace sallyport::policy {

/// Why a text is not a value of its kind.
struct ValueFault {
  std::string_view code;  ///< a literal
  std::string message;
  std::string suggestion;
};
template <class T>
using ValueResult = tl::expected<T, ValueFault>;

/// Decimal digits only: no sign, no leading zero (YAML readers take 010 for 8), no separators.
ValueResult<std::uint64_t> parse_integer(std::string_view text);
/// "true" or "false": other words that YAML takes for them are refused.
ValueResult<bool> parse_flag(std::string_view text);
/// "0.7": digits, one point, digits; 0 to 1.
ValueResult<float> parse_score(std::string_view text);
/// "500ms", "2s", "1m": a whole number and its unit.
ValueResult<std::chrono::milliseconds> parse_duration(std::string_view text);
/// "20MiB", "10KiB", "1GiB", "512B": a whole number and its unit; a unit without 'i' could mean 1000 or 1024 and is
/// refused.
ValueResult<std::uint64_t> parse_size(std::string_view text);

/// "2026-01-31T08:00:00Z", or "2026-01-31" for its first moment; UTC.
ValueResult<Timestamp> parse_moment(std::string_view text);

/// "2026-01-31" where it is the first moment of that day, else a time.
std::string begin_text(Timestamp begin);
/// When something ends: "2026-12-31" for the end of that day, or a time; UTC. The first moment that lies behind it.
ValueResult<Timestamp> parse_end(std::string_view text);

/// Addresses with a common prefix. `prefix` counts bits of the 16-byte form: 96 more than written for IPv4.
struct Cidr {
  IpAddress address;
  unsigned prefix = 128;

  auto operator<=>(const Cidr&) const = default;
};
/// "10.10.0.0/16", "2001:db8::/32", or one address; bits behind the prefix must be zero.
ValueResult<Cidr> parse_cidr(std::string_view text);

/// The shortest form that reads back as the same value.
std::string to_string(const Cidr& cidr);
std::string score_text(float score);
std::string duration_text(std::chrono::milliseconds duration);
std::string size_text(std::uint64_t size_bytes);
/// "2026-01-31T08:00:00Z"; parts of a second are cut off.
std::string moment_text(Timestamp moment);
/// "2026-12-31" where that day ends then, else a time.
std::string end_text(Timestamp end);

}  // namespace sallyport::policy
