// A second look at what a detector takes for plates: a small network sees each with what is around it. The detector may
// then suggest much, and what is reported is still mostly right.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/worker/detector.h"
#include "daemon/worker/network/network.h"

namespace sallyport {

class PlateConfirmer final : public Detector {
 public:
  /// `suggesting` tells of much, from low scores on. `model` takes views as deploy/models/plates/candidates.py cuts
  /// them; detections whose score, as both networks make it, is below `score_min` are not reported.
  static Result<std::unique_ptr<PlateConfirmer>> load(std::unique_ptr<Detector> suggesting,
                                                      const std::filesystem::path& model, float score_min,
                                                      QuickLook quick_look);

  const std::string& name() const override { return name_; }
  int picture_side() const override { return suggesting_->picture_side(); }
  QuickLook quick_look() const override { return quick_look_; }
  std::vector<Detection> detect(const cv::Mat& picture) override;

 private:
  PlateConfirmer(std::unique_ptr<Detector> suggesting, Network network, const std::string& name, float score_min,
                 QuickLook quick_look);
  float look_at(const cv::Mat& picture, const Box& box);

  std::unique_ptr<Detector> suggesting_;
  Network network_;
  std::string name_;
  float score_min_;
  QuickLook quick_look_;
};

}  // namespace sallyport
