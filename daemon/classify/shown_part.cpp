#include "daemon/classify/shown_part.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace sallyport {
namespace {

constexpr int kN = kLayoutSide;
/// Unrelated documents reach 16 by the shapes of their letters, but then their layouts differ.
constexpr std::size_t kInliersMin = 12;
/// Parts of the picture, 4x4, in which there must be inliers: one logo on two letterheads is no copy.
constexpr std::size_t kSpreadMin = 3;
constexpr double kCoveredMin = 0.12;
/// Blocks whose surroundings agree less than this are other ones; by chance it is 0.
constexpr float kOtherBelow = 0.3F;
constexpr double kOtherShareMax = 0.5;
/// A replaced region is sought more eagerly: here what agrees less, and has no corner in common, counts.
constexpr float kReplacedBelow = 0.6F;
constexpr int kCornersAround = 2;  // blocks each way whose corners speak for a block
constexpr int kRateAround = 3;
constexpr double kExpectedMin = 1.5;      // corners that must be missing
constexpr double kCornersShareMax = 0.2;  // of those expected may be there
/// Of what is shown: a small car before a camera; lines of text over a picture are split by what shows between them.
constexpr double kReplacedShareMin = 0.035;
/// A region that lies within this share of the picture's edge is a border, a banner or a logo.
constexpr double kEdgeShare = 0.21;
constexpr double kBandShare = 0.3, kBandLength = 0.6;  // or a band that runs along the edge

using Counts = std::array<int, kLayoutBlocks>;

constexpr std::size_t at(int x, int y) {
  return static_cast<std::size_t>(y * kN + x);
}

int around(const Counts& counts, int column, int row, int reach) {
  int sum = 0;
  for (int y = std::max(0, row - reach); y <= std::min(kN - 1, row + reach); ++y) {
    for (int x = std::max(0, column - reach); x <= std::min(kN - 1, column + reach); ++x) sum += counts[at(x, y)];
  }
  return sum;
}

/// The corners of each block that is shown, and which of them were found.
struct Corners {
  Counts all{}, found{};
};

std::size_t block_of(const LocalFeature& point, const Extent& extent) {
  const auto index = [](double share) { return std::clamp(static_cast<int>(share * kN), 0, kN - 1); };
  return at(index(point.x / 65536.0 / extent.width), index(point.y / 65536.0 / extent.height));
}

Corners corners_of(const RegisteredParts& registered, const Alignment& alignment, const BlockSet& shown) {
  Corners corners;
  for (std::size_t i = 0; i < registered.points.size(); ++i) {
    const std::size_t block = block_of(registered.points[i], registered.extent);
    if (!shown[block]) continue;
    ++corners.all[block];
    corners.found[block] += alignment.is_inlier[i];
  }
  return corners;
}

/// The share of corners that is found where the picture is the same: the median over its parts.
double usual_rate(const Corners& corners, const BlockSet& shown) {
  std::vector<double> rates;
  for (int row = 0; row < kN; ++row) {
    for (int column = 0; column < kN; ++column) {
      const int all = around(corners.all, column, row, kRateAround);
      const int found = around(corners.found, column, row, kRateAround);
      if (shown[at(column, row)] && all >= 3 && found > 0) rates.push_back(static_cast<double>(found) / all);
    }
  }
  if (rates.empty()) return 0;
  const auto middle = rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2);
  std::nth_element(rates.begin(), middle, rates.end());
  return *middle;
}

BlockSet replaced_blocks(const LayoutAgreement& agreement, const Corners& corners, const BlockSet& shown) {
  const double rate = usual_rate(corners, shown);
  BlockSet replaced;
  for (int row = 0; row < kN; ++row) {
    for (int column = 0; column < kN; ++column) {
      const std::size_t block = at(column, row);
      if (!agreement.says[block] || agreement.value[block] >= kReplacedBelow) continue;
      const double expected = rate * around(corners.all, column, row, kCornersAround);
      const int found = around(corners.found, column, row, kCornersAround);
      replaced[block] = expected >= kExpectedMin && found <= kCornersShareMax * expected;
    }
  }
  return replaced;
}

/// Without lines of one block's width.
BlockSet without_lines(const BlockSet& blocks) {
  BlockSet kept;
  for (int row = 0; row + 1 < kN; ++row) {
    for (int column = 0; column + 1 < kN; ++column) {
      const std::array square{at(column, row), at(column + 1, row), at(column, row + 1), at(column + 1, row + 1)};
      if (!std::all_of(square.begin(), square.end(), [&](std::size_t block) { return blocks[block]; })) continue;
      for (const std::size_t block : square) kept.set(block);
    }
  }
  return kept;
}

/// Bounds in blocks, the last ones included.
struct Region {
  int left = kN, right = -1, top = kN, bottom = -1, blocks = 0;

  void add(int x, int y) {
    left = std::min(left, x), right = std::max(right, x);
    top = std::min(top, y), bottom = std::max(bottom, y);
    ++blocks;
  }
  int width() const { return right - left + 1; }
  int height() const { return bottom - top + 1; }
};

Region take_region(BlockSet& blocks, int column, int row) {
  Region region;
  std::vector<std::pair<int, int>> open{{column, row}};
  blocks.reset(at(column, row));
  while (!open.empty()) {
    const auto [x, y] = open.back();
    open.pop_back();
    region.add(x, y);
    for (const auto& [dx, dy] : {std::pair{1, 0}, std::pair{-1, 0}, std::pair{0, 1}, std::pair{0, -1}}) {
      const int nx = x + dx, ny = y + dy;
      if (nx < 0 || ny < 0 || nx >= kN || ny >= kN || !blocks[at(nx, ny)]) continue;
      blocks.reset(at(nx, ny));
      open.emplace_back(nx, ny);
    }
  }
  return region;
}

Region bounds_of(const BlockSet& blocks) {
  Region bounds;
  for (int row = 0; row < kN; ++row) {
    for (int column = 0; column < kN; ++column) {
      if (blocks[at(column, row)]) bounds.add(column, row);
    }
  }
  return bounds;
}

/// What is put over a picture at its edge, and not before its camera.
bool is_at_edge(const Region& region, const Region& shown) {
  const auto within = [&](double share, bool across) {
    return across ? region.bottom + 1 <= shown.top + share * shown.height() ||
                        region.top >= shown.bottom + 1 - share * shown.height()
                  : region.right + 1 <= shown.left + share * shown.width() ||
                        region.left >= shown.right + 1 - share * shown.width();
  };
  return within(kEdgeShare, true) || within(kEdgeShare, false) ||
         (region.width() >= kBandLength * shown.width() && within(kBandShare, true)) ||
         (region.height() >= kBandLength * shown.height() && within(kBandShare, false));
}

/// Share of what is shown.
double largest_replaced(BlockSet replaced, const BlockSet& shown) {
  const Region bounds = bounds_of(shown);
  int largest = 0;
  for (int row = 0; row < kN; ++row) {
    for (int column = 0; column < kN; ++column) {
      if (!replaced[at(column, row)]) continue;
      const Region region = take_region(replaced, column, row);
      if (!is_at_edge(region, bounds)) largest = std::max(largest, region.blocks);
    }
  }
  return static_cast<double>(largest) / std::max(1, bounds.blocks);
}

bool is_spread(const RegisteredParts& registered, const Alignment& alignment) {
  std::array<bool, 16> parts{};
  for (std::size_t i = 0; i < registered.points.size(); ++i) {
    if (!alignment.is_inlier[i]) continue;
    const std::size_t block = block_of(registered.points[i], registered.extent);
    parts[block / kN / (kN / 4) * 4 + block % kN / (kN / 4)] = true;
  }
  return static_cast<std::size_t>(std::count(parts.begin(), parts.end(), true)) >= kSpreadMin;
}

bool is_other_layout(const LayoutAgreement& agreement) {
  int told = 0, other = 0;
  for (std::size_t block = 0; block < kLayoutBlocks; ++block) {
    told += agreement.says[block];
    other += agreement.says[block] && agreement.value[block] < kOtherBelow;
  }
  return other > kOtherShareMax * told;
}

}  // namespace

std::optional<ShownPart> find_part(const RegisteredParts& registered, const QueryCorners& query) {
  const Alignment alignment = align(registered.points, query);
  if (alignment.inliers < kInliersMin || !is_spread(registered, alignment)) return std::nullopt;
  const SampledLayout shown = sample_layout(query.features(), registered.extent, alignment.to_query);
  const double covered = static_cast<double>(shown.inside.count()) / kLayoutBlocks;
  if (covered < kCoveredMin) return std::nullopt;
  const LayoutAgreement agreement = compare(*registered.layout, shown);
  if (is_other_layout(agreement)) return std::nullopt;
  const Corners corners = corners_of(registered, alignment, shown.inside);
  const BlockSet replaced = without_lines(replaced_blocks(agreement, corners, shown.inside));
  if (largest_replaced(replaced, shown.inside) >= kReplacedShareMin) return std::nullopt;
  return ShownPart{static_cast<int>(alignment.inliers), static_cast<int>(std::lround(covered * 100))};
}

}  // namespace sallyport
