#include "daemon/worker/face_detector.h"

#include <algorithm>
#include <system_error>

#include "daemon/worker/cascade_detector.h"
#include "daemon/worker/grid_detector.h"

namespace sallyport {
namespace {

namespace fs = std::filesystem;

// At 640 pixels faces from about 2 % of the picture's width on are found. At 320 pixels a score of 0.8 is as seldom
// wrong as 0.7 is at 640: tests/evaluation/README.md.
constexpr GridSettings kYunet{.score_min = 0.6F, .picture_side = 640, .quick_look = {320, 0.8F}};

/// Empty when the folder holds no YuNet model.
fs::path find_yunet(const fs::path& folder) {
  std::error_code ignored;  // a folder that is not there holds no model
  if (const fs::path usual = folder / "yunet_n_640_640.onnx"; fs::exists(usual, ignored)) return usual;
  fs::path first;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("yunet") || !name.ends_with(".onnx")) continue;
    if (first.empty() || entry.path() < first) first = entry.path();
  }
  return first;
}

}  // namespace

Result<std::unique_ptr<Detector>> load_face_detector(const fs::path& model_dir, const fs::path& cascade_dir) {
  if (const fs::path model = model_dir.empty() ? fs::path() : find_yunet(model_dir); !model.empty()) {
    return GridDetector::load(model, kYunet);
  }
  const fs::path cascade = cascade_dir / "haarcascade_frontalface_alt2.xml";
  std::error_code ignored;
  if (!fs::exists(cascade, ignored)) return std::unique_ptr<Detector>();
  // Three windows see faces in every twentieth photo of things, ten in none and in three of sixty with faces less.
  return CascadeDetector::load(cascade, {"haar_alt2", 640, cv::Size(24, 24), true, 10});
}

}  // namespace sallyport
