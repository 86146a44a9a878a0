// Faces or plates by a small network with YuNet's outputs (Wu, Peng, Yu: "YuNet: A Tiny Millisecond-level Face
// Detector", 2023).
#pragma once

#include <filesystem>
#include <memory>

#include "daemon/base/result.h"
#include "daemon/worker/detector.h"
#include "daemon/worker/network/network.h"

namespace sallyport {

struct GridSettings {
  float score_min = 0;   ///< detections below are not reported; the policy sets its own minimum above it
  int picture_side = 0;  ///< what Detector::picture_side() says; a multiple of 32
  QuickLook quick_look;
};

/// The network has three grids of cells, 8, 16 and 32 pixels wide; each cell has a class score, an object score and a
/// box. Other outputs (landmarks) are not made.
class GridDetector final : public Detector {
 public:
  /// Loads an ONNX file that came with the program or that the administrator installed: trusted, but a broken one is
  /// an Error.
  static Result<std::unique_ptr<GridDetector>> load(const std::filesystem::path& model, GridSettings settings);

  const std::string& name() const override { return name_; }
  int picture_side() const override { return settings_.picture_side; }
  QuickLook quick_look() const override { return settings_.quick_look; }
  std::vector<Detection> detect(const cv::Mat& picture) override;

 private:
  GridDetector(Network network, std::string name, GridSettings settings);

  Network network_;
  std::string name_;
  GridSettings settings_;
};

}  // namespace sallyport
