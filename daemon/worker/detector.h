// Where in a picture something is. Implementations: a neural network and cascades.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "daemon/contract/finding.h"

namespace sallyport {

/// A smaller picture, that shows what is large.
struct QuickLook {
  int side = 0;     ///< longer side, pixels; 0: the detector has none
  float score = 1;  ///< from which what is seen there is as certain as what the policy asks for by default is otherwise
};

/// One thread; keeps buffers between calls.
class Detector {
 public:
  virtual ~Detector() = default;

  /// Name and version for events, such as "yunet_n_640_640@25a606a1".
  virtual const std::string& name() const = 0;
  /// Longer side, in pixels, of the picture that it needs.
  virtual int picture_side() const = 0;
  virtual QuickLook quick_look() const { return {}; }
  /// `picture` is 8-bit BGR, not empty, its longer side at most picture_side(). Boxes are pixels of it and may
  /// reach over its edges; best first, at most limits::kDetectionsMax.
  virtual std::vector<Detection> detect(const cv::Mat& picture) = 0;
};

}  // namespace sallyport
