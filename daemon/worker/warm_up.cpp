#include "daemon/worker/warm_up.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "daemon/base/limits.h"
#include "daemon/base/sha256.h"

namespace sallyport {

void warm_up(ImageInspector& inspector) {
  Sha256::of({});  // OpenSSL reads its configuration from a file at the first use
  cv::Mat picture(240, 320, CV_8UC3, cv::Scalar(40, 80, 120));
  cv::circle(picture, cv::Point(160, 120), 60, cv::Scalar(200, 180, 160), cv::FILLED);
  cv::randu(picture(cv::Rect(0, 0, 100, 240)), 0, 256);  // corners
  constexpr FindingSet kAll = kAllFindings | bit(FindingKind::kLocalFeatures);
  for (const char* extension : {".jpg", ".png", ".bmp", ".tiff", ".webp", ".jp2"}) {
    std::vector<std::uint8_t> file;
    if (!cv::haveImageWriter(extension) || !cv::imencode(extension, picture, file)) continue;
    inspector.inspect(as_byte_span(file.data(), file.size()), {kAll, limits::kImagePixelsMax, {}});
  }
}

}  // namespace sallyport
