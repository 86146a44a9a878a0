#include "daemon/worker/local_features.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <opencv2/features2d.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "daemon/base/limits.h"
#include "daemon/worker/shrink.h"

namespace sallyport {
namespace {

constexpr double kLevelStep = 1.2;
/// Smaller pictures are enlarged to this longer side.
constexpr int kSideMin = 640;
constexpr int kLevelsUsed = 10;
constexpr int kEdge = 20;            // pixels at the border without corners: a descriptor needs its surroundings
constexpr int kPatch = 31;           // pixels of a descriptor's side
constexpr int kCornerThreshold = 7;  // grey levels, for FAST
constexpr int kCandidatesMax = 700;  // corners of one level that are ranked
constexpr int kSideCellsMax = 10;    // a level is divided in that many squares a side, which take turns
/// Finer levels have more corners; with this each level gets nearly as many, since the size of what was cropped or
/// shown small is not known.
constexpr double kFinerShare = 1.1155;  // 1.2^0.6

using KeyPoints = std::vector<cv::KeyPoint>;

cv::Mat sized(const cv::Mat& grey) {
  const int longer = std::max(grey.cols, grey.rows);
  if (longer >= kSideMin) return shrink_to(grey, kFeatureSide);
  const double scale = static_cast<double>(kSideMin) / longer;
  const auto scaled = [scale](int side) { return std::max(1, static_cast<int>(std::lround(side * scale))); };
  cv::Mat larger;
  cv::resize(grey, larger, cv::Size(scaled(grey.cols), scaled(grey.rows)), 0, 0, cv::INTER_LINEAR);
  return larger;
}

bool is_stronger(const cv::KeyPoint& a, const cv::KeyPoint& b) {
  if (a.response != b.response) return a.response > b.response;
  return a.pt.y != b.pt.y ? a.pt.y < b.pt.y : a.pt.x < b.pt.x;  // the same picture gives the same corners
}

/// The strongest of each square, then the second of each, until there are `count`.
KeyPoints spread(KeyPoints corners, cv::Size size, std::size_t count) {
  std::sort(corners.begin(), corners.end(), is_stronger);
  const int cells = std::clamp(static_cast<int>(std::sqrt(static_cast<double>(count) / 2)), 2, kSideCellsMax);
  std::vector<KeyPoints> squares(static_cast<std::size_t>(cells * cells));
  for (const cv::KeyPoint& corner : corners) {
    const int column = std::min(cells - 1, static_cast<int>(corner.pt.x * static_cast<float>(cells)) / size.width);
    const int row = std::min(cells - 1, static_cast<int>(corner.pt.y * static_cast<float>(cells)) / size.height);
    squares[static_cast<std::size_t>(row * cells + column)].push_back(corner);
  }
  KeyPoints chosen;
  for (std::size_t rank = 0; chosen.size() < count; ++rank) {
    KeyPoints turn;
    for (const KeyPoints& square : squares) {
      if (rank < square.size()) turn.push_back(square[rank]);
    }
    if (turn.empty()) break;
    std::sort(turn.begin(), turn.end(), is_stronger);
    turn.resize(std::min(turn.size(), count - chosen.size()));
    chosen.insert(chosen.end(), turn.begin(), turn.end());
  }
  return chosen;
}

/// How many corners each level gets.
std::array<double, kLevelsUsed> shares() {
  std::array<double, kLevelsUsed> share{};
  double sum = 0;
  for (int level = 0; level < kLevelsUsed; ++level) sum += std::pow(kFinerShare, -level);
  for (std::size_t level = 0; level < share.size(); ++level) {
    share[level] =
        static_cast<double>(limits::kLocalFeaturesMax) * std::pow(kFinerShare, -static_cast<double>(level)) / sum;
  }
  return share;
}

std::uint16_t position(float at, int size, int longer_level, int longer) {
  // Levels are rounded to whole pixels each way: the share of the side, times the side in parts of the longer one.
  const double share = (static_cast<double>(at) + 0.5) / size * longer_level / longer;
  return static_cast<std::uint16_t>(std::clamp(share * 65536, 0.0, 65535.0));
}

class Finder {
 public:
  explicit Finder(const cv::Mat& grey)
      : base_(sized(grey)),
        longer_(std::max(base_.cols, base_.rows)),
        first_level_(std::lround(std::log(static_cast<double>(kFeatureSide) / longer_) / std::log(kLevelStep))),
        orb_(cv::ORB::create(kCandidatesMax, static_cast<float>(kLevelStep), 1, kEdge, 0, 2, cv::ORB::HARRIS_SCORE,
                             kPatch, kCornerThreshold)) {}

  std::vector<LocalFeature> find() {
    const auto share = shares();
    double owed = 0;
    for (int step = 0; step < kLevelsUsed; ++step) {
      owed += share[static_cast<std::size_t>(step)];
      const cv::Mat picture = level(step);
      if (std::min(picture.cols, picture.rows) < 2 * kEdge + 8) break;
      owed -= static_cast<double>(add(picture, step, static_cast<std::size_t>(owed + 0.5)));
    }
    return std::move(points_);
  }

 private:
  cv::Mat level(int step) const {
    if (step == 0) return base_;
    const double scale = std::pow(kLevelStep, -step);
    const auto scaled = [scale](int side) { return std::max(1, static_cast<int>(std::lround(side * scale))); };
    cv::Mat smaller;
    cv::resize(base_, smaller, cv::Size(scaled(base_.cols), scaled(base_.rows)), 0, 0, cv::INTER_AREA);
    return smaller;
  }

  /// Gives how many there were.
  std::size_t add(const cv::Mat& picture, int step, std::size_t count) {
    KeyPoints corners;
    orb_->detect(picture, corners);
    KeyPoints chosen = spread(std::move(corners), picture.size(), count);
    cv::Mat bits;
    orb_->compute(picture, chosen, bits);
    const std::size_t room = limits::kLocalFeaturesMax - points_.size();
    const std::size_t added = std::min(chosen.size(), room);
    for (std::size_t i = 0; i < added; ++i) {
      LocalFeature& point = points_.emplace_back();
      point.x = position(chosen[i].pt.x, picture.cols, base_.cols, longer_);
      point.y = position(chosen[i].pt.y, picture.rows, base_.rows, longer_);
      point.level = static_cast<std::uint8_t>(step + first_level_);
      point.angle = static_cast<std::uint8_t>(std::lround(chosen[i].angle * 256 / 360) & 255);
      std::memcpy(point.bits.data(), bits.ptr(static_cast<int>(i)), point.bits.size());
    }
    return added;
  }

  cv::Mat base_;
  int longer_;
  long first_level_;
  cv::Ptr<cv::ORB> orb_;
  std::vector<LocalFeature> points_;
};

void add_luma(const cv::Mat& grey, LocalFeatures& to) {
  const cv::Mat small = shrink_to(grey, limits::kLumaSide);
  to.luma_width = small.cols;
  to.luma_height = small.rows;
  for (int y = 0; y < small.rows; ++y) to.luma.insert(to.luma.end(), small.ptr(y), small.ptr(y) + small.cols);
}

}  // namespace

LocalFeatures find_local_features(const cv::Mat& picture) {
  cv::Mat grey;
  cv::cvtColor(shrink_to(picture, kFeatureSide), grey, cv::COLOR_BGR2GRAY);
  LocalFeatures features;
  features.points = Finder(grey).find();
  add_luma(grey, features);
  return features;
}

}  // namespace sallyport
