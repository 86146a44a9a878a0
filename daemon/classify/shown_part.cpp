#include "daemon/classify/shown_part.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace sallyport {
namespace {

constexpr int kN = kLayoutSide;
/// Unrelated pictures reach 30 by letters and by what is drawn alike, but then their layouts differ.
constexpr std::size_t kInliersMin = 10;
/// Parts of what is shown, 4x4, in which there must be inliers: one logo on two letterheads is no copy.
constexpr std::size_t kSpreadMin = 3;
constexpr double kCoveredMin = 0.12;
/// Mean agreement that the layouts must have: with few inliers they prove the copy, with many only what lies between.
constexpr std::size_t kFewInliers = 12, kManyInliers = 130;
constexpr double kAgreementWithFew = 0.7, kAgreementWithMany = 0.35;

/// Where the surroundings of a block agree less, and no corner is found again, another thing is there.
constexpr float kReplacedBelow = 0.6F;
constexpr int kCornersAround = 2;  // blocks each way whose corners speak for a block
constexpr int kRateAround = 3;
constexpr double kExpectedMin = 1.5;      // corners that must be missing
constexpr double kCornersShareMax = 0.2;  // of those expected may be there
/// Shares of what is shown. A replaced region that is larger is another vehicle: letters and marks over a picture leave
/// none of one piece.
constexpr double kLargeShare = 0.15;
constexpr int kLargeSquare = 6;  // blocks each way that are all replaced
/// A smaller one is, when a vehicle was registered there: brighter and darker blocks, and corners close together.
/// Letters over a road or a sky replace what has neither, and are less of one piece.
constexpr double kMediumShare = 0.05;
constexpr double kCompactSolidity = 0.7, kCompactAspect = 2;
constexpr int kCompactSquare = 4;
constexpr double kStructureMin = 0.6;  // of the comparisons of its blocks; of a whole picture 0.55
constexpr double kRichnessMin = 0.65;  // structure, times how much denser corners are than elsewhere
constexpr double kSolidMin = 0.5;      // of the box around it
constexpr double kRichRichness = 1.5;  // so much needs no size, and no one piece
constexpr double kSmallShare = 0.034;
constexpr int kSmallSquare = 3;
/// One that looks much like it in luminance is told by its corners alone.
constexpr double kLostShare = 0.1, kLostDensityMin = 2.3;
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

/// Blocks around which corners are to be expected, and are not found.
BlockSet lost_blocks(const Corners& corners, const BlockSet& shown) {
  const double rate = usual_rate(corners, shown);
  BlockSet lost;
  for (int row = 0; row < kN; ++row) {
    for (int column = 0; column < kN; ++column) {
      const double expected = rate * around(corners.all, column, row, kCornersAround);
      const int found = around(corners.found, column, row, kCornersAround);
      lost[at(column, row)] =
          shown[at(column, row)] && expected >= kExpectedMin && found <= kCornersShareMax * expected;
    }
  }
  return lost;
}

BlockSet disagreeing_blocks(const LayoutAgreement& agreement) {
  BlockSet blocks;
  for (std::size_t block = 0; block < kLayoutBlocks; ++block)
    blocks[block] = agreement.says[block] && agreement.value[block] < kReplacedBelow;
  return blocks;
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
  int left = kN, right = -1, top = kN, bottom = -1;
  BlockSet blocks;

  void add(int x, int y) {
    left = std::min(left, x), right = std::max(right, x);
    top = std::min(top, y), bottom = std::max(bottom, y);
    blocks.set(at(x, y));
  }
  int width() const { return right - left + 1; }
  int height() const { return bottom - top + 1; }
  double area() const { return static_cast<double>(blocks.count()); }
  double solidity() const { return area() / std::max(1, width() * height()); }
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

/// Share of its comparisons that tell brighter from darker.
double structure_of(const Region& region, const PictureLayout& layout) {
  int told = 0;
  for (std::size_t block = 0; block < kLayoutBlocks; ++block)
    told += region.blocks[block] ? signs_in(layout[block]) : 0;
  return told / (4 * std::max(1.0, region.area()));
}

/// How much closer together its corners are than those of all that is shown.
double density_of(const Region& region, const Region& shown, const Corners& corners) {
  int inside = 0, all = 0;
  for (std::size_t block = 0; block < kLayoutBlocks; ++block) {
    all += corners.all[block];
    inside += region.blocks[block] ? corners.all[block] : 0;
  }
  return inside * shown.area() / (std::max(1, all) * std::max(1.0, region.area()));
}

bool has_square(const BlockSet& blocks, int side) {
  std::array<int, kLayoutBlocks> largest{};  // that ends at a block
  for (int row = 0; row < kN; ++row) {
    for (int column = 0; column < kN; ++column) {
      if (!blocks[at(column, row)]) continue;
      const bool at_border = row == 0 || column == 0;
      const int before = at_border ? 0
                                   : std::min({largest[at(column - 1, row)], largest[at(column, row - 1)],
                                               largest[at(column - 1, row - 1)]});
      largest[at(column, row)] = before + 1;
      if (before + 1 >= side) return true;
    }
  }
  return false;
}

/// As one thing is, and a line of letters is not.
bool is_compact(const Region& region) {
  return region.solidity() >= kCompactSolidity && has_square(region.blocks, kCompactSquare) &&
         std::max(region.width(), region.height()) < kCompactAspect * std::min(region.width(), region.height());
}

bool is_vehicle(const Region& region, const Region& shown, const PictureLayout& registered, const Corners& corners) {
  const double share = region.area() / std::max(1.0, shown.area());
  if (share < kSmallShare || is_at_edge(region, shown)) return false;
  if (share >= kLargeShare || has_square(region.blocks, kLargeSquare)) return true;
  if (share >= kMediumShare && is_compact(region)) return true;
  const double structure = structure_of(region, registered);
  const double richness = structure * density_of(region, shown, corners);
  if (share < kMediumShare) return richness >= kRichRichness && has_square(region.blocks, kSmallSquare);
  const bool solid = richness >= kRichRichness || region.solidity() >= kSolidMin;
  return structure >= kStructureMin && richness >= kRichnessMin && solid;
}

/// One that looks much like the one before in luminance, as buses do: no corner is left where they were closest
/// together.
bool is_like_vehicle(const Region& region, const Region& shown, const Corners& corners) {
  return region.area() >= kLostShare * shown.area() && !is_at_edge(region, shown) &&
         density_of(region, shown, corners) >= kLostDensityMin;
}

template <class IsOne>
bool has_region(BlockSet blocks, const IsOne& is_one) {
  blocks = without_lines(blocks);
  for (int row = 0; row < kN; ++row) {
    for (int column = 0; column < kN; ++column) {
      if (blocks[at(column, row)] && is_one(take_region(blocks, column, row))) return true;
    }
  }
  return false;
}

bool is_spread(const Corners& corners, const Region& shown) {
  std::array<bool, 16> parts{};
  for (int row = 0; row < kN; ++row) {
    for (int column = 0; column < kN; ++column) {
      if (corners.found[at(column, row)] == 0) continue;
      const int across = (column - shown.left) * 4 / shown.width(), down = (row - shown.top) * 4 / shown.height();
      parts[static_cast<std::size_t>(down * 4 + across)] = true;
    }
  }
  return static_cast<std::size_t>(std::count(parts.begin(), parts.end(), true)) >= kSpreadMin;
}

double mean_of(const LayoutAgreement& agreement) {
  double sum = 0;
  for (std::size_t block = 0; block < kLayoutBlocks; ++block) {
    if (agreement.says[block]) sum += static_cast<double>(agreement.value[block]);
  }
  return sum / static_cast<double>(std::max<std::size_t>(1, agreement.says.count()));
}

double agreement_needed(std::size_t inliers) {
  const double many = static_cast<double>(std::clamp(inliers, kFewInliers, kManyInliers) - kFewInliers) /
                      static_cast<double>(kManyInliers - kFewInliers);
  return kAgreementWithFew + many * (kAgreementWithMany - kAgreementWithFew);
}

/// How a registered picture lies in another one, and what of it is there.
class Comparison {
 public:
  Comparison(const RegisteredParts& registered, const QueryCorners& query)
      : registered_(registered), alignment_(align(registered.points, query)) {
    if (alignment_.inliers < kInliersMin) return;
    const SampledLayout layout = sample_layout(query.features(), registered.extent, alignment_.to_query);
    shown_ = bounds_of(layout.inside);
    corners_ = corners_of(registered, alignment_, layout.inside);
    agreement_ = compare(*registered.layout, layout);
  }

  bool lies_in_it() const {
    return alignment_.inliers >= kInliersMin && covered() >= kCoveredMin && is_spread(corners_, shown_);
  }
  bool agrees() const { return mean_of(agreement_) >= agreement_needed(alignment_.inliers); }
  bool shows_other_vehicle() const {
    const BlockSet lost = lost_blocks(corners_, shown_.blocks);
    return has_region(
               lost & disagreeing_blocks(agreement_),
               [this](const Region& region) { return is_vehicle(region, shown_, *registered_.layout, corners_); }) ||
           has_region(lost, [this](const Region& region) { return is_like_vehicle(region, shown_, corners_); });
  }
  double covered() const { return shown_.area() / kLayoutBlocks; }
  std::size_t inliers() const { return alignment_.inliers; }

 private:
  const RegisteredParts& registered_;
  Alignment alignment_;
  Region shown_;
  Corners corners_;
  LayoutAgreement agreement_;
};

}  // namespace

std::optional<ShownPart> find_part(const RegisteredParts& registered, const QueryCorners& query) {
  const Comparison comparison(registered, query);
  if (!comparison.lies_in_it() || !comparison.agrees() || comparison.shows_other_vehicle()) return std::nullopt;
  return ShownPart{static_cast<int>(comparison.inliers()), static_cast<int>(std::lround(comparison.covered() * 100))};
}

bool shows_other_vehicle(const RegisteredParts& registered, const QueryCorners& query) {
  const Comparison comparison(registered, query);
  return comparison.lies_in_it() && comparison.shows_other_vehicle();
}

}  // namespace sallyport
