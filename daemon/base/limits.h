// Every compiled ceiling: name, unit, reason. What an operator may change is in the configuration; these are the hard ends.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sallyport::limits {

// --- front ends
/// Bytes of one captured packet: the largest GSO super-packet with its headers fits, and libpcap's own maximum.
inline constexpr std::size_t kSnaplenBytes = 262144;
/// How often a front end calls on_tick() when no packet comes.
inline constexpr std::chrono::milliseconds kTickInterval{5};
/// Packets withheld per flow direction; a full TCP window of small segments is below it. Above: the flow's outcome on_overload.
inline constexpr std::size_t kHeldPacketsPerFlow = 4096;

// --- actions
/// Transfers that hold one direction of one flow at once; files written side by side over one SMB connection. Above: refused.
inline constexpr std::size_t kHoldersPerDirection = 256;

// --- transfers
/// Bytes looked at to tell a type by content.
inline constexpr std::size_t kSniffBytes = 4096;
/// Distinct missing ranges remembered per transfer; above it neighbours are merged and the account says "at least".
inline constexpr std::size_t kMissingRangesMax = 64;
/// Bytes of any single name (path, host, user, ...) that travels in an event.
inline constexpr std::size_t kNameBytesMax = 4096;

}  // namespace sallyport::limits
