#include "daemon/worker/plate_detector.h"

#include <system_error>

#include "daemon/worker/cascade_detector.h"
#include "daemon/worker/grid_detector.h"
#include "daemon/worker/plate_confirmer.h"

namespace sallyport {
namespace {

namespace fs = std::filesystem;

// At 640 pixels the narrowest plates that the network is trained for are 1.6 % of the picture's width. It suggests
// much; what is reported is what is left after a second look, or without one what it is sure of itself.
constexpr GridSettings kSuggesting{.score_min = 0.06F, .picture_side = 640, .quick_look = {}};
constexpr GridSettings kAlone{.score_min = 0.55F, .picture_side = 640, .quick_look = {}};
constexpr float kConfirmedMin = 0.5F;
constexpr QuickLook kConfirmedQuickly{320, 0.75F};

Result<std::unique_ptr<Detector>> load_networks(const fs::path& plates, const fs::path& confirmer) {
  std::error_code ignored;  // a file that is not there is none
  const bool has_confirmer = fs::exists(confirmer, ignored);
  Result<std::unique_ptr<Detector>> detector = GridDetector::load(plates, has_confirmer ? kSuggesting : kAlone);
  if (!detector || !has_confirmer) return detector;
  return PlateConfirmer::load(std::move(*detector), confirmer, kConfirmedMin, kConfirmedQuickly);
}

}  // namespace

Result<std::unique_ptr<Detector>> load_plate_detector(const fs::path& model_dir, const fs::path& shipped_dir,
                                                      const fs::path& cascade_dir) {
  std::error_code ignored;  // a folder that is not there holds no model
  for (const fs::path& folder : {model_dir, shipped_dir}) {
    const fs::path model = folder / "plates.onnx";
    if (!folder.empty() && fs::exists(model, ignored)) return load_networks(model, folder / "plate_confirmer.onnx");
  }
  const fs::path cascade = cascade_dir / "haarcascade_russian_plate_number.xml";
  if (!fs::exists(cascade, ignored)) return std::unique_ptr<Detector>();
  // At 1280 pixels it finds twice as many plates as at 640, for three times the time; equalised grey levels find half
  // as many.
  return CascadeDetector::load(cascade, {"haar_russian_plate_number", 1280, cv::Size(30, 10), false, 1});
}

fs::path default_shipped_dir() {
  std::error_code error;
  const fs::path beside = fs::read_symlink("/proc/self/exe", error).parent_path() / "models";
  return fs::exists(beside, error) ? beside : fs::path(SALLYPORT_MODELS_PATH);
}

}  // namespace sallyport
