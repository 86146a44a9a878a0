#include "daemon/worker/plate_detector.h"

#include <system_error>

#include "daemon/worker/cascade_detector.h"

namespace sallyport {

Result<std::unique_ptr<Detector>> load_plate_detector(const std::filesystem::path& cascade_dir) {
  const std::filesystem::path cascade = cascade_dir / "haarcascade_russian_plate_number.xml";
  std::error_code ignored;
  if (!std::filesystem::exists(cascade, ignored)) return std::unique_ptr<Detector>();
  return CascadeDetector::load(cascade, {"haar_russian_plate_number", cv::Size(30, 10), 3});
}

}  // namespace sallyport
