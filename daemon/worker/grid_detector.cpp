#include "daemon/worker/grid_detector.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "daemon/base/limits.h"
#include "daemon/worker/model_file.h"

namespace sallyport {
namespace {

constexpr int kStrides[] = {8, 16, 32};
constexpr int kStrideMax = 32;
constexpr std::size_t kCandidatesMax = limits::kDetectionCandidatesMax;
constexpr float kOverlapMax = 0.3F;  // intersection over union above which the weaker of two boxes is dropped
// For each stride three grids.
const std::vector<std::string> kOutputs{"cls_8",   "obj_8",  "bbox_8", "cls_16", "obj_16",
                                        "bbox_16", "cls_32", "obj_32", "bbox_32"};

struct Candidate {
  cv::Rect2d box;
  float score = 0;
};

int padded(int side) {
  return (side + kStrideMax - 1) / kStrideMax * kStrideMax;
}

float score_of(float class_score, float object_score) {
  return std::sqrt(std::clamp(class_score, 0.0F, 1.0F) * std::clamp(object_score, 0.0F, 1.0F));
}

/// Box of a cell: centre relative to the cell and logarithm of the size, both in strides.
cv::Rect2d box_of(const float* values, int row, int column, int stride) {
  constexpr float kLogSizeMax = 10;  // e^10 cells is wider than any picture; keeps infinities out
  const double width = double{std::exp(std::min(values[2], kLogSizeMax))} * stride;
  const double height = double{std::exp(std::min(values[3], kLogSizeMax))} * stride;
  const double across = (column + double{values[0]}) * stride;
  const double down = (row + double{values[1]}) * stride;
  return {across - width / 2, down - height / 2, width, height};
}

void collect(const FeatureMap& classes, const FeatureMap& objects, const FeatureMap& boxes, int stride, float score_min,
             std::vector<Candidate>& candidates) {
  for (int row = 0; row < classes.height; ++row) {
    for (int column = 0; column < classes.width; ++column) {
      const float score =
          score_of(classes.row(row)[column * classes.stride], objects.row(row)[column * objects.stride]);
      if (!(score >= score_min)) continue;  // written so that not-a-number fails
      candidates.push_back({box_of(boxes.row(row) + column * boxes.stride, row, column, stride), score});
    }
  }
}

bool has_expected_shapes(const Network& network, cv::Size input) {
  for (std::size_t i = 0; i < kOutputs.size(); ++i) {
    const int stride = kStrides[i / 3];
    const FeatureMap& map = network.output(i);
    if (map.width != input.width / stride || map.height != input.height / stride) return false;
    if (map.channels != (i % 3 == 2 ? 4 : 1)) return false;
  }
  return true;
}

double overlap(const cv::Rect2d& one, const cv::Rect2d& other) {
  const double common = (one & other).area();
  return common / (one.area() + other.area() - common);
}

/// Best first; of boxes that overlap too much the best.
std::vector<Candidate> strongest(std::vector<Candidate> candidates) {
  const auto better = [](const Candidate& a, const Candidate& b) { return a.score > b.score; };
  std::stable_sort(candidates.begin(), candidates.end(), better);
  if (candidates.size() > kCandidatesMax) candidates.resize(kCandidatesMax);
  std::vector<Candidate> kept;
  for (const Candidate& candidate : candidates) {
    if (kept.size() == limits::kDetectionsMax) break;
    const bool is_new = std::none_of(kept.begin(), kept.end(), [&candidate](const Candidate& stronger) {
      return overlap(candidate.box, stronger.box) > kOverlapMax;
    });
    if (is_new) kept.push_back(candidate);
  }
  return kept;
}

/// Far outside any picture is as good as infinitely far, and sums of such numbers fit an int. Not-a-number becomes the
/// low end.
int to_pixels(double position) {
  constexpr double kFarAway = 1e6;
  return static_cast<int>(std::lround(std::fmin(std::fmax(position, -kFarAway), kFarAway)));
}

Box to_box(const cv::Rect2d& rect) {
  return {to_pixels(rect.x), to_pixels(rect.y), to_pixels(rect.width), to_pixels(rect.height)};
}

}  // namespace

Result<std::unique_ptr<GridDetector>> GridDetector::load(const std::filesystem::path& model, GridSettings settings) {
  Result<ModelFile> file = load_model(model, kOutputs);
  if (!file) return tl::unexpected(file.error());
  std::unique_ptr<GridDetector> detector(new GridDetector(std::move(file->network), std::move(file->name), settings));
  try {
    // Also the warm-up: the first run makes room for what passes between the layers.
    const cv::Size input(settings.picture_side, settings.picture_side);
    detector->network_.run(cv::Mat::zeros(input, CV_8UC3));
    if (has_expected_shapes(detector->network_, input)) return detector;
    return fail(ErrorCode::kCorrupt, "the model " + model.string() + " does not have the output shapes of YuNet");
  } catch (const std::invalid_argument& misfit) {
    return fail(ErrorCode::kCorrupt, "the model " + model.string() + " cannot be used: " + misfit.what());
  }
}

GridDetector::GridDetector(Network network, std::string name, GridSettings settings)
    : network_(std::move(network)), name_(std::move(name)), settings_(settings) {}

std::vector<Detection> GridDetector::detect(const cv::Mat& picture) {
  const cv::Size input(padded(picture.cols), padded(picture.rows));
  cv::Mat framed = picture;
  if (input != picture.size()) {
    cv::copyMakeBorder(picture, framed, 0, input.height - picture.rows, 0, input.width - picture.cols,
                       cv::BORDER_CONSTANT);
  }
  network_.run(framed);
  if (!has_expected_shapes(network_, input)) return {};
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < std::size(kStrides); ++i) {
    collect(network_.output(3 * i), network_.output(3 * i + 1), network_.output(3 * i + 2), kStrides[i],
            settings_.score_min, candidates);
  }
  std::vector<Detection> detections;
  for (const Candidate& candidate : strongest(std::move(candidates)))
    detections.push_back({to_box(candidate.box), candidate.score});
  return detections;
}

}  // namespace sallyport
