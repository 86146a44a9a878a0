#include "daemon/cli/camera_enrolment.h"

#include <algorithm>
#include <utility>

#include "daemon/classify/standard_quantisation.h"
#include "daemon/contract/pdq.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kQuantisationDigits = 16;
constexpr int kDistanceMax = 31;     // as the policy's default
constexpr int kSteadyDistance = 15;  // half of it: room for samples that were not at hand
constexpr const char* kItem = "      - ";

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

class Enroller {
 public:
  Enroller(const std::string& name, const std::vector<Findings>& samples, const std::optional<OverlayRegion>& overlay)
      : samples_(samples), overlay_(overlay) {
    result_.yaml = "  " + name + ":\n    signs:\n";
  }

  Enrolment enrol() {
    add_exif();
    add_quantisation();
    if (overlay_) add_overlay();
    if (!result_.has_sign) note("no sign is left by which the camera could be told from others");
    return std::move(result_);
  }

 private:
  void note(std::string text) { result_.notes.push_back(std::move(text)); }

  void add_sign(const std::string& keys, bool is_weak) {
    result_.yaml += (is_weak ? "#" : "") + std::string(kItem + (is_weak ? 1 : 0)) + '{' + keys + "}\n";
    result_.has_sign = result_.has_sign || !is_weak;
  }

  /// What each sample says, if all say the same.
  template <class Read>
  auto common(const Read& read) const {
    auto first = read(samples_.front());
    const auto differs = [&](const Findings& sample) { return read(sample) != first; };
    if (std::any_of(samples_.begin() + 1, samples_.end(), differs)) first = {};
    return first;
  }

  void add_exif() {
    const std::string make = common([](const Findings& sample) { return sample.camera->make.text; });
    const std::string model = common([](const Findings& sample) { return sample.camera->model.text; });
    const std::string serial = common([](const Findings& sample) { return sample.camera->serial.text; });
    std::string keys;
    for (const auto& [key, text] :
         {std::pair("make", &make), std::pair("model", &model), std::pair("serial", &serial)}) {
      if (!text->empty()) keys += (keys.empty() ? "" : ", ") + std::string(key) + ": " + quoted(*text);
    }
    if (keys.empty()) return note("exif: none that all samples share");
    const bool is_weak = serial.empty();
    add_sign(keys, is_weak);
    note(is_weak ? "exif: weak, for without a serial number it fits every camera of the kind"
                 : "exif: names one camera, as long as nobody strips or forges it");
  }

  std::string size_keys() const {
    const int width = common([](const Findings& sample) { return sample.width; });
    const int height = common([](const Findings& sample) { return sample.height; });
    std::string keys;
    if (width > 0) keys = "width: " + std::to_string(width) + ", ";
    if (height > 0) keys += "height: " + std::to_string(height) + ", ";
    return keys;
  }

  void add_quantisation() {
    const auto digest = common([](const Findings& sample) { return sample.camera->quantisation; });
    if (!digest) return note("quantisation: none that all samples share");
    const auto quality = standard_quality(*digest);
    add_sign(size_keys() + "quantisation: " + quoted(to_hex(*digest).substr(0, kQuantisationDigits)),
             quality.has_value());
    if (!quality) return note("quantisation: tables of its own; they fit other cameras of the kind, too");
    note("quantisation: weak, for these are libjpeg's own tables at quality " + std::to_string(*quality) +
         ", which most programs write");
  }

  void add_overlay() {
    std::vector<PdqHash> hashes;
    for (const Findings& sample : samples_) {
      const auto& overlays = sample.camera->overlays;
      if (overlays.size() == 1 && overlays.front()) hashes.push_back(*overlays.front());
    }
    if (hashes.size() != samples_.size()) {
      return note("overlay: not in all samples, or a region without structure");
    }
    const auto [middle, spread] = most_central(hashes);
    const bool is_weak = spread > kSteadyDistance;
    add_sign(size_keys() + overlay_keys(hashes[middle]), is_weak);
    if (hashes.size() == 1) note("overlay: of one sample; give more to see whether it is steady");
    if (hashes.size() > 1) {
      note("overlay: " + std::string(is_weak ? "weak, for up to " : "steady, up to ") + std::to_string(spread) +
           " bits differ over " + std::to_string(hashes.size()) + " samples");
    }
  }

  std::string overlay_keys(const PdqHash& hash) const {
    return "overlay: {left: " + std::to_string(overlay_->left) + ", top: " + std::to_string(overlay_->top) +
           ", width: " + std::to_string(overlay_->width) + ", height: " + std::to_string(overlay_->height) +
           ", pdq: " + to_hex(hash) + ", distance_max: " + std::to_string(kDistanceMax) + '}';
  }

  /// The one that is nearest to its furthest, and how far that is.
  static std::pair<std::size_t, int> most_central(const std::vector<PdqHash>& hashes) {
    std::pair<std::size_t, int> best{0, 257};
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      int furthest = 0;
      for (const PdqHash& other : hashes) furthest = std::max(furthest, hamming_distance(hashes[i], other));
      if (furthest < best.second) best = {i, furthest};
    }
    return best;
  }

  const std::vector<Findings>& samples_;
  const std::optional<OverlayRegion>& overlay_;
  Enrolment result_;
};

}  // namespace

Enrolment enrol(const std::string& name, const std::vector<Findings>& samples,
                const std::optional<OverlayRegion>& overlay) {
  return Enroller(name, samples, overlay).enrol();
}

}  // namespace sallyport::cli
