// Faces or plates by a small network with YuNet's outputs (Wu, Peng, Yu: "YuNet: A Tiny Millisecond-level Face
// Detector", 2023), run by OpenCV's dnn module.
#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/dnn.hpp>

#include "daemon/base/result.h"
#include "daemon/worker/detector.h"

namespace sallyport {

struct GridSettings {
  float score_min = 0;   ///< detections below are not reported; the policy sets its own minimum above it
  int picture_side = 0;  ///< what Detector::picture_side() says; a multiple of 32
};

/// cv::FaceDetectorYN of OpenCV 4.6 rejects today's export of YuNet, so the network's output is read here. It has three
/// grids of cells, 8, 16 and 32 pixels wide; each cell has a class score, an object score and a box. Other outputs
/// (landmarks) are not asked for.
class GridDetector final : public Detector {
 public:
  /// Loads an ONNX file that came with the program or that the administrator installed: trusted, but a broken one is
  /// an Error.
  static Result<std::unique_ptr<GridDetector>> load(const std::filesystem::path& model, GridSettings settings);

  const std::string& name() const override { return name_; }
  int picture_side() const override { return settings_.picture_side; }
  std::vector<Detection> detect(const cv::Mat& picture) override;

 private:
  GridDetector(cv::dnn::Net net, std::string name, GridSettings settings);

  cv::dnn::Net net_;
  std::string name_;
  GridSettings settings_;
  std::vector<cv::Mat> outputs_;  // kept between calls: the network writes into the same memory
};

}  // namespace sallyport
