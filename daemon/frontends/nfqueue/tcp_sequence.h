// Netfilter queue: the sequence numbers that one IP packet occupies.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/base/bytes.h"

namespace sallyport {

struct SequenceRange {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;  ///< payload bytes, and one each for SYN and FIN (RFC 9293 3.4)
};

/// Of an unfragmented IPv4 packet, or an IPv6 packet without extension headers, with TCP inside; nothing for any other.
/// Hostile bytes; checksums are not looked at. `original_size` counts where the packet was cut short or is too large
/// for its length field.
std::optional<SequenceRange> tcp_sequence_range(Bytes ip_packet, std::uint32_t original_size);

}  // namespace sallyport
