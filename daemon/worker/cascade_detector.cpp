#include "daemon/worker/cascade_detector.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "daemon/base/limits.h"

namespace sallyport {

Result<std::unique_ptr<CascadeDetector>> CascadeDetector::load(const std::filesystem::path& cascade,
                                                               CascadeSettings settings) {
  try {
    cv::CascadeClassifier classifier;
    if (!classifier.load(cascade.string())) {
      return fail(ErrorCode::kCorrupt, "the cascade " + cascade.string() + " is not one that OpenCV can load");
    }
    std::unique_ptr<CascadeDetector> detector(new CascadeDetector(std::move(classifier), std::move(settings)));
    detector->detect(cv::Mat::zeros(240, 320, CV_8UC3));  // warm-up: lazy allocation happens here
    return detector;
  } catch (const cv::Exception& error) {
    return fail(ErrorCode::kCorrupt, "the cascade " + cascade.string() + " cannot be run: " + error.err);
  }
}

CascadeDetector::CascadeDetector(cv::CascadeClassifier cascade, CascadeSettings settings)
    : cascade_(std::move(cascade)), settings_(std::move(settings)) {}

std::vector<Detection> CascadeDetector::detect(const cv::Mat& picture) {
  constexpr double kScaleStep = 1.1;
  constexpr int kNeighboursMin = 3;  // overlapping windows that make one detection
  cv::Mat grey;
  cv::cvtColor(picture, grey, cv::COLOR_BGR2GRAY);
  if (settings_.equalise) cv::equalizeHist(grey, grey);
  std::vector<cv::Rect> boxes;
  std::vector<int> neighbours;
  cascade_.detectMultiScale(grey, boxes, neighbours, kScaleStep, kNeighboursMin, 0, settings_.smallest);
  std::vector<Detection> detections;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const auto count = static_cast<float>(neighbours[i]);
    const float score = count / (count + static_cast<float>(settings_.windows_even));
    detections.push_back({{boxes[i].x, boxes[i].y, boxes[i].width, boxes[i].height}, score});
  }
  std::stable_sort(detections.begin(), detections.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  if (detections.size() > limits::kDetectionsMax) detections.resize(limits::kDetectionsMax);
  return detections;
}

}  // namespace sallyport
