// What is left of a picture when parts of it shall be recognised: corners, described by what is around them. From the
// worker to the registered sets; kept there, told nowhere.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace sallyport {

/// One corner (Rublee et al., "ORB: an efficient alternative to SIFT or SURF", 2011).
struct LocalFeature {
  std::uint16_t x = 0, y = 0;  ///< centre, in 65536ths of the picture's longer side
  std::uint8_t level = 0;      ///< its size: 31 pixels of the picture with kFeatureSide * 1.2^-level pixels a side
  std::uint8_t angle = 0;      ///< in 256ths of a turn
  std::array<std::uint8_t, 32> bits{};
};
static_assert(sizeof(LocalFeature) == 38, "a record of the registered set");

/// Longer side, in pixels, of the picture at level 0.
inline constexpr int kFeatureSide = 1024;
/// Levels above that shrink by 1.2 each.
inline constexpr int kFeatureLevels = 13;

struct LocalFeatures {
  /// By level, finest first; within a level those first that lie spread over the picture.
  std::vector<LocalFeature> points;
  /// Luminance at a coarse grid, row by row: its longer side has limits::kLumaSide points.
  std::vector<std::uint8_t> luma;
  int luma_width = 0;
  int luma_height = 0;
};

}  // namespace sallyport
