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

// --- worker
/// Bytes of one message between sallyportd and a worker; a SOCK_SEQPACKET message of this size fits the default socket buffer.
inline constexpr std::size_t kWorkerMessageBytes = 65536;
/// Detections of one kind in a reply; 256 of them stay far below kWorkerMessageBytes.
inline constexpr std::size_t kDetectionsMax = 256;
/// Candidate boxes that one detector may hand to non-maximum suppression, best first; its cost grows with the square.
inline constexpr int kDetectionCandidatesMax = 1024;
/// Pixels that are ever decoded, whatever a request allows: 8-bit BGR at full scale takes 384 MiB of the worker's default 1 GiB.
inline constexpr std::uint64_t kImagePixelsMax = std::uint64_t{1} << 27;
/// Marker segments walked to find a JPEG's frame header; large profiles take some hundreds.
inline constexpr std::size_t kJpegSegmentsMax = 4096;
/// Scans of one progressive JPEG; encoders write about ten, and each costs a pass over the whole image.
inline constexpr int kJpegScansMax = 100;
/// Entries read of one TIFF directory.
inline constexpr std::size_t kTiffEntriesMax = 1024;
/// Boxes, chunks or blocks walked in one container to find the size of its image.
inline constexpr std::size_t kImageBoxesMax = 1024;
/// Nesting of ISO boxes; meta/iprp/ipco/ispe is four.
inline constexpr int kImageBoxDepthMax = 6;

}  // namespace sallyport::limits
