// One image to its findings: decode once, at the smallest scale that answers, and look only for what was asked.
#pragma once

#include <chrono>
#include <memory>
#include <opencv2/core.hpp>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/contract/finding.h"
#include "daemon/worker/detector.h"

namespace sallyport {

struct InspectionRequest {
  FindingSet wanted = 0;
  std::uint64_t pixels_max = 0;
  std::chrono::milliseconds time_max{0};     ///< for unpacking, see object_inspector.h; 0: no bound
  std::vector<OverlayRegion> overlays = {};  ///< to hash where cameras are looked for
  Enough faces = {};                         ///< so many that no more need to be looked for
  Enough plates = {};
};

/// One thread. Knows nothing of messages, files or the sandbox, so tests and fuzzers use it alone.
class ImageInspector {
 public:
  /// A null pointer stands for a detector that is not installed.
  ImageInspector(std::unique_ptr<Detector> faces, std::unique_ptr<Detector> plates);

  /// Never throws. Findings::not_inspected may be set beside findings: they are then true, but not all there is.
  Findings inspect(Bytes image, const InspectionRequest& request);
  /// The same for an image that is decoded already: 8-bit grey or BGR, not empty.
  ImageFindings inspect_pixels(const cv::Mat& pixels, const InspectionRequest& request);

  /// Empty when there is none.
  std::string face_detector() const { return faces_ ? faces_->name() : std::string(); }
  std::string plate_detector() const { return plates_ ? plates_->name() : std::string(); }

 private:
  int longer_side_for(FindingSet wanted) const;
  void inspect_image(Bytes image, const InspectionRequest& request, Findings& findings);
  void look(const cv::Mat& pixels, const InspectionRequest& request, ImageFindings& findings);

  std::unique_ptr<Detector> faces_;
  std::unique_ptr<Detector> plates_;
};

}  // namespace sallyport
