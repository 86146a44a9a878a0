// The corners of a picture by which a part of it is recognised, cropped, framed or inside a screenshot.
#pragma once

#include <opencv2/core.hpp>

#include "daemon/contract/local_features.h"

namespace sallyport {

/// `picture` is 8-bit BGR and not empty; what is larger than kFeatureSide is shrunk to it first. Small pictures are
/// enlarged, so that a picture and its half-size copy have corners of the same sizes. At most
/// limits::kLocalFeaturesMax, spread over sizes and places. One thread.
LocalFeatures find_local_features(const cv::Mat& picture);

}  // namespace sallyport
