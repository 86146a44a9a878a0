#include "daemon/classify/feature_geometry.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <cstring>
#include <numbers>
#include <optional>
#include <random>

namespace sallyport {
namespace {

using Point = std::complex<double>;

constexpr int kApartMax = 64;       // bits of 256: two corners of one place; unrelated ones differ in 128
constexpr int kAngleApartMax = 14;  // 256ths of a turn, 20 degrees: quarter turns are what PDQ is for
constexpr double kTurnMax = 0.365;  // tangent of 20 degrees, of the whole picture
constexpr double kScaleMin = 0.15, kScaleMax = 6;
constexpr double kTolerance = 0.015;    // of the longer side of the registered picture
constexpr double kTolerantScale = 0.3;  // what is shown smaller than this is as exact as if it were not
constexpr double kBaseMin = 0.05;       // two corners nearer than this tell no direction
constexpr double kScaleDoubt = 1.7;     // factor by which levels may contradict the distance of two corners
constexpr int kTriesMax = 600;
constexpr int kHypothesesMax = 200;

struct Pair {
  Point from, to;
  double scale = 1;  // by their levels
  const LocalFeature* shown = nullptr;
  std::size_t registered = 0;
};

struct Motion {
  Point turn{1, 0}, shift;

  bool fits(const Pair& pair) const {
    const double x = turn.real() * pair.from.real() - turn.imag() * pair.from.imag() + shift.real() - pair.to.real();
    const double y = turn.real() * pair.from.imag() + turn.imag() * pair.from.real() + shift.imag() - pair.to.imag();
    return x * x + y * y < kTolerance * kTolerance * std::max(std::norm(turn), kTolerantScale * kTolerantScale);
  }
};

/// Bits that differ, 0..256.
inline int bits_apart(const LocalFeature& left, const LocalFeature& right) {
  int apart = 0;
  for (std::size_t i = 0; i < left.bits.size(); i += sizeof(std::uint64_t)) {
    std::uint64_t a;
    std::uint64_t b;
    std::memcpy(&a, left.bits.data() + i, sizeof a);
    std::memcpy(&b, right.bits.data() + i, sizeof b);
    apart += std::popcount(a ^ b);
  }
  return apart;
}

Point place(const LocalFeature& feature) {
  return {feature.x / 65536.0, feature.y / 65536.0};
}

std::vector<Pair> pairs_of(std::span<const LocalFeature> registered, const QueryCorners& query) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < registered.size(); ++i) {
    const LocalFeature* const shown = query.nearest(registered[i]);
    if (shown == nullptr) continue;
    pairs.push_back({place(registered[i]), place(*shown), std::pow(1.2, shown->level - registered[i].level), shown, i});
  }
  return pairs;
}

std::optional<Motion> motion_of(const Pair& one, const Pair& other) {
  const Point base = one.from - other.from;
  if (std::norm(base) < kBaseMin * kBaseMin) return std::nullopt;
  const Point turn = (one.to - other.to) * std::conj(base) / std::norm(base);
  if (std::abs(turn.imag()) > kTurnMax * turn.real()) return std::nullopt;
  const double scale = std::sqrt(std::norm(turn));
  if (scale < kScaleMin || scale > kScaleMax) return std::nullopt;
  const auto doubtful = [scale](const Pair& pair) {
    return scale > pair.scale * kScaleDoubt || scale * kScaleDoubt < pair.scale;
  };
  if (doubtful(one) || doubtful(other)) return std::nullopt;
  return Motion{turn, one.to - turn * one.from};
}

/// Several registered corners that lead to one shown count once. Zero where that cannot be more than `beaten`.
std::size_t count_inliers(const std::vector<Pair>& pairs, const Motion& motion, std::size_t beaten = 0) {
  const auto fits = [&motion](const Pair& pair) { return motion.fits(pair); };
  if (static_cast<std::size_t>(std::count_if(pairs.begin(), pairs.end(), fits)) <= beaten) return 0;
  std::vector<const LocalFeature*> shown;
  for (const Pair& pair : pairs) {
    if (motion.fits(pair)) shown.push_back(pair.shown);
  }
  std::sort(shown.begin(), shown.end());
  return static_cast<std::size_t>(std::unique(shown.begin(), shown.end()) - shown.begin());
}

Motion refined(const std::vector<Pair>& pairs, const Motion& motion) {
  Point from, to;
  double count = 0;
  for (const Pair& pair : pairs) {
    if (!motion.fits(pair)) continue;
    from += pair.from, to += pair.to, count += 1;
  }
  if (count < 3) return motion;
  from /= count, to /= count;
  Point product;
  double square = 0;
  for (const Pair& pair : pairs) {
    if (!motion.fits(pair)) continue;
    product += (pair.to - to) * std::conj(pair.from - from);
    square += std::norm(pair.from - from);
  }
  if (square <= 0) return motion;
  const Point turn = product / square;
  return {turn, to - turn * from};
}

struct Best {
  Motion motion;
  std::size_t inliers = 0;
};

Best search(const std::vector<Pair>& pairs) {
  Best best;
  if (pairs.size() < 3) return best;
  std::minstd_rand random(1);  // the same pictures give the same answer
  int hypotheses = 0;
  for (int i = 0; i < kTriesMax && hypotheses < kHypothesesMax; ++i) {
    const auto motion = motion_of(pairs[random() % pairs.size()], pairs[random() % pairs.size()]);
    if (!motion) continue;
    ++hypotheses;
    const std::size_t inliers = count_inliers(pairs, *motion, best.inliers);
    if (inliers > best.inliers) best = {*motion, inliers};
    if (best.inliers * 2 > pairs.size() && hypotheses > 20) break;
  }
  const Motion finer = refined(pairs, best.motion);
  const std::size_t inliers = count_inliers(pairs, finer);
  if (inliers * 5 >= best.inliers * 4) best = {finer, inliers};
  return best;
}

}  // namespace

QueryCorners::QueryCorners(const LocalFeatures& features)
    : features_(features), by_angle_(features.points), first_of_angle_(257) {
  std::stable_sort(by_angle_.begin(), by_angle_.end(),
                   [](const LocalFeature& a, const LocalFeature& b) { return a.angle < b.angle; });
  for (const LocalFeature& feature : by_angle_) ++first_of_angle_[std::size_t{feature.angle} + 1];
  for (std::size_t i = 1; i < first_of_angle_.size(); ++i) first_of_angle_[i] += first_of_angle_[i - 1];
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
[[gnu::target_clones("default", "popcnt")]]
#endif
const LocalFeature*
QueryCorners::nearest(const LocalFeature& registered) const {
  const LocalFeature* best = nullptr;
  int best_apart = kApartMax + 1;
  for (int turn = -kAngleApartMax; turn <= kAngleApartMax; ++turn) {
    const auto angle = static_cast<std::size_t>((registered.angle + turn) & 255);
    for (std::size_t i = first_of_angle_[angle]; i < first_of_angle_[angle + 1]; ++i) {
      const int apart = bits_apart(registered, by_angle_[i]);
      if (apart >= best_apart) continue;
      best = &by_angle_[i];
      best_apart = apart;
    }
  }
  return best;
}

Alignment align(std::span<const LocalFeature> registered, const QueryCorners& query) {
  const std::vector<Pair> pairs = pairs_of(registered, query);
  const Best best = search(pairs);
  Alignment alignment;
  alignment.inliers = best.inliers;
  alignment.to_query = {best.motion.turn.real(), best.motion.turn.imag(), best.motion.shift.real(),
                        best.motion.shift.imag()};
  alignment.is_inlier.resize(registered.size());
  for (const Pair& pair : pairs) alignment.is_inlier[pair.registered] = best.motion.fits(pair);
  return alignment;
}

}  // namespace sallyport
