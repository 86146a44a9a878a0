#include "daemon/worker/plate_confirmer.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/worker/model_file.h"
#include "daemon/worker/shrink.h"

namespace sallyport {
namespace {

const cv::Size kView(96, 64);
constexpr double kReach = 2;           // width of a view in widths of its box
constexpr double kAspect = 2;          // a box narrower than this many heights is looked at as if it were as wide
constexpr std::size_t kLooksMax = 16;  // best first: more plates than that are seldom in one photo
constexpr double kDetectorWeight = 2;  // the detector saw the whole picture, the second look what is near

/// Outside the picture all is black.
cv::Mat view_of(const cv::Mat& picture, const Box& box) {
  const double across = std::max<double>(box.width, box.height * kAspect) * kReach;
  const double scale = kView.width / std::max(across, 1.0);
  const double x = box.x + box.width / 2.0, y = box.y + box.height / 2.0;
  const cv::Matx23d move(scale, 0, kView.width / 2.0 - x * scale, 0, scale, kView.height / 2.0 - y * scale);
  cv::Mat view;
  cv::warpAffine(picture, view, move, kView, cv::INTER_LINEAR);
  return view;
}

double logit(float score) {
  constexpr double kCertain = 1e-4;
  const double inside = std::clamp(double{score}, kCertain, 1 - kCertain);
  return std::log(inside / (1 - inside));
}

float combined(float detector, float confirmer) {
  const double sum = kDetectorWeight * logit(detector) + logit(confirmer);
  return static_cast<float>(1 / (1 + std::exp(-sum / (1 + kDetectorWeight))));
}

}  // namespace

Result<std::unique_ptr<PlateConfirmer>> PlateConfirmer::load(std::unique_ptr<Detector> suggesting,
                                                             const std::filesystem::path& model, float score_min,
                                                             QuickLook quick_look) {
  const std::vector<std::string> outputs{"is_plate"};
  Result<ModelFile> file = load_model(model, outputs);
  if (!file) return tl::unexpected(file.error());
  std::unique_ptr<PlateConfirmer> confirmer(
      new PlateConfirmer(std::move(suggesting), std::move(file->network), file->name, score_min, quick_look));
  try {
    confirmer->look_at(cv::Mat::zeros(kView, CV_8UC3), {0, 0, kView.width, kView.height});
    if (confirmer->network_.output(0).pixels() == 1) return confirmer;
    return fail(ErrorCode::kCorrupt, "the model " + model.string() + " does not make one number of a view");
  } catch (const std::invalid_argument& misfit) {
    return fail(ErrorCode::kCorrupt, "the model " + model.string() + " cannot be used: " + misfit.what());
  }
}

PlateConfirmer::PlateConfirmer(std::unique_ptr<Detector> suggesting, Network network, const std::string& name,
                               float score_min, QuickLook quick_look)
    : suggesting_(std::move(suggesting)),
      network_(std::move(network)),
      name_(suggesting_->name() + "+" + name),
      score_min_(score_min),
      quick_look_(quick_look) {}

float PlateConfirmer::look_at(const cv::Mat& picture, const Box& box) {
  network_.run(view_of(picture, box));
  return network_.output(0).values.front();
}

/// The detector sees the picture as small as it needs it, the second look as large as it is.
std::vector<Detection> PlateConfirmer::suggestions(const cv::Mat& picture) {
  const cv::Mat small = shrink_to(picture, suggesting_->picture_side());
  std::vector<Detection> detections = suggesting_->detect(small);
  const double across = static_cast<double>(picture.cols) / small.cols;
  const double down = static_cast<double>(picture.rows) / small.rows;
  for (auto& [box, score] : detections) {
    box = {static_cast<int>(std::lround(box.x * across)), static_cast<int>(std::lround(box.y * down)),
           static_cast<int>(std::lround(box.width * across)), static_cast<int>(std::lround(box.height * down))};
  }
  return detections;
}

std::vector<Detection> PlateConfirmer::detect(const cv::Mat& picture) {
  std::vector<Detection> detections = suggestions(picture);
  if (detections.size() > kLooksMax) detections.resize(kLooksMax);
  for (Detection& detection : detections) detection.score = combined(detection.score, look_at(picture, detection.box));
  std::erase_if(detections, [this](const Detection& detection) { return !(detection.score >= score_min_); });
  std::stable_sort(detections.begin(), detections.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  return detections;
}

}  // namespace sallyport
