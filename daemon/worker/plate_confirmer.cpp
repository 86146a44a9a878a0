#include "daemon/worker/plate_confirmer.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/worker/model_file.h"

namespace sallyport {
namespace {

const cv::Size kView(128, 80);
constexpr double kReach = 1.6;         // width of a view in widths of its box
constexpr double kAspect = 2;          // a box narrower than this many heights is looked at as if it were as wide
constexpr std::size_t kLooksMax = 16;  // best first: more plates than that are seldom in one photo
/// Log-odds by which both together are too sure of themselves: what is left at 0.5 keeps the limits of the model card.
constexpr double kTooSure = 0.2;

/// `across` pixels around a place as averages: of every fourth pixel characters cannot be read.
cv::Mat shrunk_view(const cv::Mat& picture, cv::Point2d middle, double across) {
  const cv::Size size(cvRound(across), cvRound(across * kView.height / kView.width));
  const cv::Rect wanted(cvRound(middle.x - size.width / 2.0), cvRound(middle.y - size.height / 2.0), size.width,
                        size.height);
  const cv::Rect shown = wanted & cv::Rect({0, 0}, picture.size());
  cv::Mat part(size, picture.type(), cv::Scalar::all(0)), view;
  if (!shown.empty()) picture(shown).copyTo(part(shown - wanted.tl()));
  cv::resize(part, view, kView, 0, 0, cv::INTER_AREA);
  return view;
}

/// Outside the picture all is black.
cv::Mat view_of(const cv::Mat& picture, const Box& box) {
  const double widest = kReach * std::max(picture.cols, picture.rows);  // a network may name boxes of any size
  const double across = std::clamp(std::max<double>(box.width, box.height * kAspect) * kReach, 1.0, widest);
  const double scale = kView.width / across;
  const cv::Point2d middle(box.x + box.width / 2.0, box.y + box.height / 2.0);
  if (scale < 1) return shrunk_view(picture, middle, across);
  const cv::Matx23d move(scale, 0, kView.width / 2.0 - middle.x * scale, 0, scale,
                         kView.height / 2.0 - middle.y * scale);
  cv::Mat view;
  cv::warpAffine(picture, view, move, kView, cv::INTER_LINEAR);
  return view;
}

double logit(float score) {
  constexpr double kCertain = 1e-4;
  const double inside = std::clamp(double{score}, kCertain, 1 - kCertain);
  return std::log(inside / (1 - inside));
}

/// Of two opinions on equal terms: the detector saw the whole picture, the second look what is near, and closely.
float combined(float detector, float confirmer) {
  const double mean = (logit(detector) + logit(confirmer)) / 2;
  return static_cast<float>(1 / (1 + std::exp(kTooSure - mean)));
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

std::vector<Detection> PlateConfirmer::detect(const cv::Mat& picture) {
  std::vector<Detection> detections = suggesting_->detect(picture);
  if (detections.size() > kLooksMax) detections.resize(kLooksMax);
  for (Detection& detection : detections) detection.score = combined(detection.score, look_at(picture, detection.box));
  std::erase_if(detections, [this](const Detection& detection) { return !(detection.score >= score_min_); });
  std::stable_sort(detections.begin(), detections.end(),
                   [](const Detection& a, const Detection& b) { return a.score > b.score; });
  return detections;
}

}  // namespace sallyport
