// Making a picture smaller, for every stage that wants less than it was given.
#pragma once

#include <opencv2/core.hpp>

namespace sallyport {

/// `picture` itself when its longer side is at most `longer_side` pixels, else a smaller copy with that longer side and
/// the same proportions (each side at least one pixel). One thread.
cv::Mat shrink_to(const cv::Mat& picture, int longer_side);

}  // namespace sallyport
