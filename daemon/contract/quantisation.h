// The quantisation of a JPEG as one digest: makers choose tables and sampling of their own, and a re-encoding changes
// them.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "daemon/base/sha256.h"

namespace sallyport {

/// One component of a frame (ITU-T T.81 B.2.2) with its table (B.2.4.1).
struct QuantisedComponent {
  std::uint8_t horizontal = 1;  ///< sampling factors, 1..4
  std::uint8_t vertical = 1;
  std::array<std::uint16_t, 64> table{};  ///< in zig-zag order
};

/// Of the components in the order of the frame: for each both factors, a byte each, and 64 table entries, two bytes
/// each, most significant first. How the tables are spread over segments, or numbered, makes no difference.
Sha256Digest quantisation_digest(std::span<const QuantisedComponent> components);

}  // namespace sallyport
