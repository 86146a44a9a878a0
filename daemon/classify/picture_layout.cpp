#include "daemon/classify/picture_layout.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace sallyport {
namespace {

constexpr int kN = kLayoutSide;
/// A difference below this part of the median one, or below a grey level, is none.
constexpr double kAlikeShare = 0.7;
constexpr double kAlikeMin = 1.0;
constexpr int kAround = 1;  // blocks each way whose comparisons count for one
constexpr float kComparisonsMin = 3;
constexpr float kNoise = 0.5F;  // squares of steps that any picture has

struct Comparison {
  int right, down;
};
constexpr std::array<Comparison, 4> kComparisons{{{1, 0}, {0, 1}, {2, 0}, {0, 2}}};

constexpr std::size_t at(int x, int y) {
  return static_cast<std::size_t>(y * kN + x);
}

/// Sums of luminance left of and above a point; between points linear, so that any rectangle has its exact mean.
class Integral {
 public:
  explicit Integral(const LocalFeatures& picture)
      : width_(picture.luma_width),
        height_(picture.luma_height),
        sums_(static_cast<std::size_t>(width_ + 1) * static_cast<std::size_t>(height_ + 1)) {
    for (int y = 0; y < height_; ++y) {
      double row = 0;
      for (int x = 0; x < width_; ++x) {
        row += picture.luma[static_cast<std::size_t>(y * width_ + x)];
        sums_[place(x + 1, y + 1)] = sums_[place(x + 1, y)] + row;
      }
    }
  }

  /// Of the part of the square that lies in the picture; of the nearest point where none does.
  double mean(double x, double y, double side) const {
    const double left = std::clamp(x - side / 2, 0.0, width_ - 0.5), top = std::clamp(y - side / 2, 0.0, height_ - 0.5);
    const double right = std::clamp(x + side / 2, left + 0.5, static_cast<double>(width_));
    const double bottom = std::clamp(y + side / 2, top + 0.5, static_cast<double>(height_));
    const double sum = upto(right, bottom) - upto(left, bottom) - upto(right, top) + upto(left, top);
    return sum / ((right - left) * (bottom - top));
  }

 private:
  std::size_t place(int x, int y) const { return static_cast<std::size_t>(y * (width_ + 1) + x); }
  double upto(double x, double y) const {
    const int column = std::min(static_cast<int>(x), width_ - 1), row = std::min(static_cast<int>(y), height_ - 1);
    const double across = x - column, down = y - row;
    return (sums_[place(column, row)] * (1 - across) + sums_[place(column + 1, row)] * across) * (1 - down) +
           (sums_[place(column, row + 1)] * (1 - across) + sums_[place(column + 1, row + 1)] * across) * down;
  }

  int width_, height_;
  std::vector<double> sums_;
};

struct Means {
  std::array<double, kLayoutBlocks> value{};
  BlockSet inside;
};

Means block_means(const LocalFeatures& picture, const Extent& blocks, const Similarity& to_picture) {
  const Integral integral(picture);
  const double points = std::max(picture.luma_width, picture.luma_height);
  const double scale = std::hypot(to_picture.a, to_picture.b);
  const double side = scale * points * std::sqrt(blocks.width * blocks.height) / kN;
  Means means;
  for (int row = 0; row < kN; ++row) {
    for (int column = 0; column < kN; ++column) {
      const double x = (column + 0.5) / kN * blocks.width, y = (row + 0.5) / kN * blocks.height;
      const double px = (to_picture.a * x - to_picture.b * y + to_picture.tx) * points;
      const double py = (to_picture.b * x + to_picture.a * y + to_picture.ty) * points;
      means.value[at(column, row)] = integral.mean(px, py, side);
      means.inside[at(column, row)] = px > 0 && px < picture.luma_width && py > 0 && py < picture.luma_height;
    }
  }
  return means;
}

/// Calls visit(block, other) for each pair of this comparison that the picture shows.
template <class Visit>
void for_each_pair(const Comparison& comparison, const BlockSet& inside, const Visit& visit) {
  for (int row = 0; row + comparison.down < kN; ++row) {
    for (int column = 0; column + comparison.right < kN; ++column) {
      const std::size_t one = at(column, row), other = at(column + comparison.right, row + comparison.down);
      if (inside[one] && inside[other]) visit(one, other);
    }
  }
}

/// Below which a difference over `step` blocks is none.
double alike(const Means& means, int step) {
  std::vector<double> amounts;
  for (const Comparison& comparison : kComparisons) {
    if (comparison.right + comparison.down != step) continue;
    for_each_pair(comparison, means.inside, [&](std::size_t one, std::size_t other) {
      amounts.push_back(std::abs(means.value[other] - means.value[one]));
    });
  }
  if (amounts.empty()) return kAlikeMin;
  const auto middle = amounts.begin() + static_cast<std::ptrdiff_t>(amounts.size() / 2);
  std::nth_element(amounts.begin(), middle, amounts.end());
  return std::max(kAlikeMin, kAlikeShare * *middle);
}

int sign_of(std::uint8_t block, std::size_t comparison) {
  const int code = (block >> (2 * comparison)) & 3;
  return code == 1 ? 1 : code == 2 ? -1 : 0;
}

struct Tally {
  float agree = 0, registered = 0, shown = 0;
};

Tally tally(std::uint8_t registered, const std::array<float, 4>& shown,
            const std::array<bool, kComparisons.size()>& can_tell) {
  Tally sum;
  for (std::size_t k = 0; k < kComparisons.size(); ++k) {
    if (!can_tell[k]) continue;
    const auto sign = static_cast<float>(sign_of(registered, k));
    sum.agree += sign * shown[k];
    sum.registered += sign * sign;
    sum.shown += shown[k] * shown[k];
  }
  return sum;
}

}  // namespace

Extent extent_of(const LocalFeatures& features) {
  const double longer = std::max({1, features.luma_width, features.luma_height});
  return {features.luma_width / longer, features.luma_height / longer};
}

SampledLayout sample_layout(const LocalFeatures& picture, const Extent& blocks, const Similarity& to_picture) {
  SampledLayout sampled;
  if (picture.luma.empty()) return sampled;
  const Means means = block_means(picture, blocks, to_picture);
  sampled.inside = means.inside;
  const std::array<double, 3> least{0, alike(means, 1), alike(means, 2)};
  for (std::size_t k = 0; k < kComparisons.size(); ++k) {
    const double threshold = least[static_cast<std::size_t>(kComparisons[k].right + kComparisons[k].down)];
    for_each_pair(kComparisons[k], means.inside, [&](std::size_t one, std::size_t other) {
      const double more = (means.value[other] - means.value[one]) / threshold;
      sampled.steps[one][k] = static_cast<float>(std::clamp(more, -1.0, 1.0));
    });
  }
  return sampled;
}

PictureLayout signs_of(const SampledLayout& sampled) {
  PictureLayout layout{};
  for (std::size_t block = 0; block < kLayoutBlocks; ++block) {
    for (std::size_t k = 0; k < kComparisons.size(); ++k) {
      const float step = sampled.steps[block][k];
      const unsigned code = step >= 1 ? 1 : step <= -1 ? 2 : 0;
      layout[block] |= static_cast<std::uint8_t>(code << (2 * k));
    }
  }
  return layout;
}

int signs_in(std::uint8_t block) {
  int count = 0;
  for (std::size_t k = 0; k < kComparisons.size(); ++k) count += sign_of(block, k) != 0;
  return count;
}

LayoutAgreement compare(const PictureLayout& registered, const SampledLayout& shown) {
  std::array<Tally, kLayoutBlocks> tallies{};
  for (int row = 0; row < kN; ++row) {
    for (int column = 0; column < kN; ++column) {
      if (!shown.inside[at(column, row)]) continue;
      std::array<bool, kComparisons.size()> can_tell{};
      for (std::size_t k = 0; k < can_tell.size(); ++k) {
        const int x = column + kComparisons[k].right, y = row + kComparisons[k].down;
        can_tell[k] = x < kN && y < kN && shown.inside[at(x, y)];
      }
      tallies[at(column, row)] = tally(registered[at(column, row)], shown.steps[at(column, row)], can_tell);
    }
  }
  LayoutAgreement agreement;
  for (int row = 0; row < kN; ++row) {
    for (int column = 0; column < kN; ++column) {
      Tally sum;
      for (int y = std::max(0, row - kAround); y <= std::min(kN - 1, row + kAround); ++y) {
        for (int x = std::max(0, column - kAround); x <= std::min(kN - 1, column + kAround); ++x) {
          sum.agree += tallies[at(x, y)].agree;
          sum.registered += tallies[at(x, y)].registered;
          sum.shown += tallies[at(x, y)].shown;
        }
      }
      agreement.value[at(column, row)] =
          sum.agree / std::sqrt(std::max(sum.registered, 1.0F) * std::max(sum.shown, kNoise));
      agreement.says[at(column, row)] =
          shown.inside[at(column, row)] && std::max(sum.registered, sum.shown) >= kComparisonsMin;
    }
  }
  return agreement;
}

}  // namespace sallyport
