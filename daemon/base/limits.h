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
// --- net
/// VLAN tags before IP: two are in use (IEEE 802.1ad), nested provider networks stack more.
inline constexpr std::size_t kVlanTagsMax = 4;
/// IPv6 extension headers of one packet; RFC 8200 4.1 knows seven kinds, each once but for destination options.
inline constexpr std::size_t kIpv6ExtensionsMax = 10;
/// Bytes of one reassembled IP datagram (RFC 791 3.1; RFC 8200 4.5 without jumbograms, which cannot be fragmented).
inline constexpr std::size_t kIpDatagramBytesMax = 65535;
/// Bytes that one buffered piece of a stream or datagram costs beside its content: map node, vector, allocator.
inline constexpr std::size_t kPieceOverheadBytes = 128;
/// Flows of one shard: as many as fit into their part of a FlowId.
inline constexpr std::size_t kFlowsPerShardMax = std::size_t{1} << 20;
/// Bytes behind the receiver's window that are still taken: window updates and data pass a capture in no strict order.
inline constexpr std::size_t kWindowSlackBytes = 65536;
/// Bytes of the largest receive window there is (RFC 7323 2.3): what may be ahead where no window was seen.
inline constexpr std::size_t kTcpWindowBytesMax = std::size_t{1} << 30;

// --- transfers
/// Bytes looked at to tell a type by content.
inline constexpr std::size_t kSniffBytes = 4096;
/// Distinct missing ranges remembered per transfer; above it neighbours are merged and the account says "at least".
inline constexpr std::size_t kMissingRangesMax = 64;
/// Bytes of any single name (path, host, user, ...) that travels in an event.
inline constexpr std::size_t kNameBytesMax = 4096;

}  // namespace sallyport::limits
