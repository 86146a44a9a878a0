#include "daemon/worker/grid_detector.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>

#include "daemon/base/limits.h"
#include "daemon/base/sha256.h"

namespace sallyport {
namespace {

constexpr int kStrides[] = {8, 16, 32};
constexpr int kStrideMax = 32;
constexpr float kOverlapMax = 0.3F;  // intersection over union above which the weaker of two boxes is dropped
// In the order in which forward() is asked for them: for each stride three grids.
const std::vector<cv::String> kOutputs{"cls_8",   "obj_8",  "bbox_8", "cls_16", "obj_16",
                                       "bbox_16", "cls_32", "obj_32", "bbox_32"};

struct Candidates {
  std::vector<cv::Rect2d> boxes;
  std::vector<float> scores;
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

void collect(const cv::Mat* grids, int stride, cv::Size input, float score_min, Candidates& candidates) {
  const int columns = input.width / stride;
  const int cells = columns * (input.height / stride);
  const auto* class_scores = grids[0].ptr<float>();
  const auto* object_scores = grids[1].ptr<float>();
  const auto* boxes = grids[2].ptr<float>();
  for (int i = 0; i < cells; ++i) {
    const float score = score_of(class_scores[i], object_scores[i]);
    if (!(score >= score_min)) continue;  // written so that not-a-number fails
    candidates.boxes.push_back(box_of(boxes + 4 * i, i / columns, i % columns, stride));
    candidates.scores.push_back(score);
  }
}

bool has_expected_shapes(const std::vector<cv::Mat>& outputs, cv::Size input) {
  for (std::size_t i = 0; i < kOutputs.size(); ++i) {
    const int stride = kStrides[i / 3];
    const auto cells = static_cast<std::size_t>((input.width / stride) * (input.height / stride));
    if (outputs[i].type() != CV_32F || outputs[i].total() != cells * (i % 3 == 2 ? 4 : 1)) return false;
  }
  return true;
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

Result<ByteBuffer> read_model(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail_errno("cannot read the model " + path.string());
  const std::vector<char> content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const Bytes bytes = as_byte_span(content.data(), content.size());
  return ByteBuffer(bytes.begin(), bytes.end());
}

}  // namespace

Result<std::unique_ptr<GridDetector>> GridDetector::load(const std::filesystem::path& model, GridSettings settings) {
  const auto content = read_model(model);
  if (!content) return tl::unexpected(content.error());
  const std::string digest = to_hex(Sha256::of(*content));
  try {
    cv::dnn::Net net = cv::dnn::readNetFromONNX(as_chars(*content), content->size());
    net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
    std::unique_ptr<GridDetector> detector(
        new GridDetector(std::move(net), model.stem().string() + "@" + digest.substr(0, 8), settings));
    // Also the warm-up: the first run allocates the layers, and shows whether the outputs are there.
    const cv::Size input(settings.picture_side, settings.picture_side);
    detector->detect(cv::Mat::zeros(input, CV_8UC3));
    if (!has_expected_shapes(detector->outputs_, input)) {
      return fail(ErrorCode::kCorrupt, "the model " + model.string() + " does not have the output shapes of YuNet");
    }
    return detector;
  } catch (const cv::Exception& error) {
    return fail(ErrorCode::kCorrupt,
                "the model " + model.string() + " cannot be run with the outputs of YuNet: " + error.err);
  }
}

GridDetector::GridDetector(cv::dnn::Net net, std::string name, GridSettings settings)
    : net_(std::move(net)), name_(std::move(name)), settings_(settings) {}

std::vector<Detection> GridDetector::detect(const cv::Mat& picture) {
  const cv::Size input(padded(picture.cols), padded(picture.rows));
  cv::Mat framed = picture;
  if (input != picture.size()) {
    cv::copyMakeBorder(picture, framed, 0, input.height - picture.rows, 0, input.width - picture.cols,
                       cv::BORDER_CONSTANT);
  }
  net_.setInput(cv::dnn::blobFromImage(framed));
  net_.forward(outputs_, kOutputs);
  if (!has_expected_shapes(outputs_, input)) return {};
  Candidates candidates;
  for (std::size_t i = 0; i < std::size(kStrides); ++i) {
    collect(&outputs_[3 * i], kStrides[i], input, settings_.score_min, candidates);
  }
  std::vector<int> kept;
  cv::dnn::NMSBoxes(candidates.boxes, candidates.scores, settings_.score_min, kOverlapMax, kept, 1.0F,
                    limits::kDetectionCandidatesMax);
  std::vector<Detection> detections;
  for (const int i : kept) {
    if (detections.size() == limits::kDetectionsMax) break;
    const auto index = static_cast<std::size_t>(i);
    detections.push_back({to_box(candidates.boxes[index]), candidates.scores[index]});
  }
  return detections;
}

}  // namespace sallyport
