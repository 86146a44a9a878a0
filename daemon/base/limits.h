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

// --- transfers
/// Bytes looked at to tell a type by content.
inline constexpr std::size_t kSniffBytes = 4096;
/// Distinct missing ranges remembered per transfer; above it neighbours are merged and the account says "at least".
inline constexpr std::size_t kMissingRangesMax = 64;
/// Bytes of any single name (path, host, user, ...) that travels in an event.
inline constexpr std::size_t kNameBytesMax = 4096;

// --- policy
/// Bytes of a policy file: 10,000 networks and 1,000 long rules fit several times.
inline constexpr std::size_t kPolicyBytesMax = 8U << 20;
/// Levels of YAML nesting: nested all/any/not conditions that a person can still read end far below it; bounds every recursion.
inline constexpr std::size_t kPolicyDepthMax = 32;
/// Scalars, lists and mappings of a policy file together: bounds memory at some 150 bytes each.
inline constexpr std::size_t kPolicyNodesMax = 500'000;
/// Keys of one mapping: named networks are the most there can be, and finding duplicates compares each with all before it.
inline constexpr std::size_t kPolicyKeysMax = 1024;
/// Named networks: they travel as one bit set.
inline constexpr std::size_t kPolicyNetworksMax = 256;
/// Rules of a policy: each is asked for each transfer.
inline constexpr std::size_t kPolicyRulesMax = 4096;
/// Messages about one policy file; a person fixes the first hundred before reading on.
inline constexpr std::size_t kPolicyDiagnosticsMax = 200;
/// Bytes of one glob, so that matching a name costs at most kNameBytesMax times as many steps.
inline constexpr std::size_t kPolicyGlobBytesMax = 256;
/// Pairs of address groups whose interest is worked out when the policy is loaded; above it, for each flow anew.
inline constexpr std::size_t kPolicyInterestPairsMax = 16384;

}  // namespace sallyport::limits
