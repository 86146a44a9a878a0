// Where in a picture something is. Implementations: a neural network and cascades.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "daemon/contract/finding.h"

namespace sallyport {

/// One thread; keeps buffers between calls.
class Detector {
 public:
  virtual ~Detector() = default;

  /// Name and version for events, such as "yunet_n_640_640@25a606a1".
  virtual const std::string& name() const = 0;
  /// Longer side, in pixels, of the largest picture it wants to be given.
  virtual int picture_side() const = 0;
  /// `picture` is 8-bit BGR, not empty, its longer side at most picture_side(). Boxes are pixels of it and may reach
  /// over its edges; best first, at most limits::kDetectionsMax.
  virtual std::vector<Detection> detect(const cv::Mat& picture) = 0;
};

}  // namespace sallyport
