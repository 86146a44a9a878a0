#include "daemon/worker/shrink.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace sallyport {

cv::Mat shrink_to(const cv::Mat& picture, int longer_side) {
  const int longer = std::max(picture.cols, picture.rows);
  if (longer <= longer_side) return picture;
  const double scale = static_cast<double>(longer_side) / longer;
  const auto scaled = [scale](int side) { return std::max(1, static_cast<int>(std::lround(side * scale))); };
  // Between half and full size a bilinear step skips no pixel and costs a tenth of averaging areas.
  const int method = scale > 0.5 ? cv::INTER_LINEAR : cv::INTER_AREA;
  cv::Mat smaller;
  cv::resize(picture, smaller, cv::Size(scaled(picture.cols), scaled(picture.rows)), 0, 0, method);
  return smaller;
}

}  // namespace sallyport
