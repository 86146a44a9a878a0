// Faces by YuNet (Wu, Peng, Yu: "YuNet: A Tiny Millisecond-level Face Detector", 2023), run by OpenCV's dnn module.
#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/dnn.hpp>

#include "daemon/base/result.h"
#include "daemon/worker/detector.h"

namespace sallyport {

/// cv::FaceDetectorYN of OpenCV 4.6 rejects today's export of the model, so the network's output is read here. It has
/// three grids of cells, 8, 16 and 32 pixels wide; each cell has a class score, an object score, a box and five
/// landmarks (unused).
class YunetDetector final : public Detector {
 public:
  /// Detections below are not reported; the policy sets its own minimum above it.
  static constexpr float kScoreMin = 0.6F;
  /// Faces from about 2 % of the picture's width on are found.
  static constexpr int kPictureSide = 640;

  /// Loads an ONNX file that the administrator installed: trusted, but a broken one is an Error.
  static Result<std::unique_ptr<YunetDetector>> load(const std::filesystem::path& model);

  const std::string& name() const override { return name_; }
  int picture_side() const override { return kPictureSide; }
  std::vector<Detection> detect(const cv::Mat& picture) override;

 private:
  YunetDetector(cv::dnn::Net net, std::string name);

  cv::dnn::Net net_;
  std::string name_;
  std::vector<cv::Mat> outputs_;  // kept between calls: the network writes into the same memory
};

}  // namespace sallyport
