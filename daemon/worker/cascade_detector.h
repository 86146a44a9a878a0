// Faces or plates by a Haar cascade (Viola and Jones 2001), run by OpenCV's objdetect module.
#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/objdetect.hpp>

#include "daemon/base/result.h"
#include "daemon/worker/detector.h"

namespace sallyport {

struct CascadeSettings {
  std::string name;       ///< what Detector::name() says
  int picture_side = 0;   ///< what Detector::picture_side() says
  cv::Size smallest;      ///< pixels; smaller windows are not tried
  bool equalise = false;  ///< spread the grey levels over the whole scale first
  int windows_even = 1;   ///< so many windows that agree have the score 0.5, which policies ask for by default
};

/// A cascade only says yes or no; the score is n / (n + windows_even) for n windows that agree, at least 3.
class CascadeDetector final : public Detector {
 public:
  /// Loads an XML file of the system (package opencv-data).
  static Result<std::unique_ptr<CascadeDetector>> load(const std::filesystem::path& cascade, CascadeSettings settings);

  const std::string& name() const override { return settings_.name; }
  int picture_side() const override { return settings_.picture_side; }
  std::vector<Detection> detect(const cv::Mat& picture) override;

 private:
  CascadeDetector(cv::CascadeClassifier cascade, CascadeSettings settings);

  cv::CascadeClassifier cascade_;
  CascadeSettings settings_;
};

}  // namespace sallyport
