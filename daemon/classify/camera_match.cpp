#include "daemon/classify/camera_match.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "daemon/base/byte_reader.h"
#include "daemon/contract/pdq.h"

namespace sallyport {
namespace {

enum class Fit : std::uint8_t { kNo, kUnreadable, kYes };

Fit fit_of(bool yes) {
  return yes ? Fit::kYes : Fit::kNo;
}

/// Compares one sign with one image, key by key.
class Comparison {
 public:
  Comparison(const ImageFindings& image, const std::vector<OverlayRegion>& asked)
      : image_(image), facts_(*image.camera), asked_(asked) {}

  Fit compare(const EnrolledSign& sign) const {
    return std::min({text(sign.make, facts_.make), text(sign.model, facts_.model), text(sign.serial, facts_.serial),
                     side(sign.width, image_.width), side(sign.height, image_.height), quantisation(sign.quantisation),
                     overlay(sign.overlay)});
  }

 private:
  static Fit text(const std::optional<std::string>& wanted, const CameraText& found) {
    if (!wanted) return Fit::kYes;
    return found.unreadable ? Fit::kUnreadable : fit_of(found.text == *wanted);
  }

  static Fit side(std::optional<std::uint32_t> wanted, int found) {
    if (!wanted) return Fit::kYes;
    return found == 0 ? Fit::kUnreadable : fit_of(static_cast<std::uint32_t>(found) == *wanted);
  }

  Fit quantisation(const std::string& wanted) const {
    if (wanted.empty()) return Fit::kYes;
    if (facts_.quantisation) return fit_of(to_hex(*facts_.quantisation).starts_with(wanted));
    return facts_.quantisation_unreadable ? Fit::kUnreadable : Fit::kNo;
  }

  Fit overlay(const std::optional<EnrolledSign::Overlay>& wanted) const {
    if (!wanted) return Fit::kYes;
    const auto region = std::find(asked_.begin(), asked_.end(), wanted->region);
    const auto place = static_cast<std::size_t>(region - asked_.begin());
    if (place >= facts_.overlays.size()) return Fit::kUnreadable;  // nobody hashed it
    const auto& hash = facts_.overlays[place];
    return fit_of(hash && hamming_distance(*hash, wanted->pdq) <= wanted->distance_max);
  }

  const ImageFindings& image_;
  const CameraFacts& facts_;
  const std::vector<OverlayRegion>& asked_;
};

/// All that decides, in a form that no two sets share.
std::string written(const std::vector<EnrolledCamera>& cameras) {
  std::string text;
  const auto add = [&text](std::string_view part) { text += std::to_string(part.size()) + ':' + std::string(part); };
  const auto add_number = [&text](std::uint32_t number) { text += std::to_string(number) + ','; };
  for (const EnrolledCamera& camera : cameras) {
    add(camera.name);
    for (const EnrolledSign& sign : camera.signs) {
      text += '/';
      for (const auto& key : {sign.make, sign.model, sign.serial}) add(key ? '=' + *key : std::string());
      for (const auto& key : {sign.width, sign.height}) add_number(key.value_or(0));
      add(sign.quantisation);
      if (!sign.overlay) continue;
      const OverlayRegion& region = sign.overlay->region;
      for (const std::uint32_t number : {region.left, region.top, region.width, region.height}) add_number(number);
      add(to_hex(sign.overlay->pdq) + ' ' + std::to_string(sign.overlay->distance_max));
    }
  }
  return text;
}

std::uint64_t number_of(const std::vector<EnrolledCamera>& cameras) {
  if (cameras.empty()) return 0;
  const Sha256Digest digest = Sha256::of(as_byte_span(written(cameras)));
  return ByteReader(digest).u64be() | 1;
}

}  // namespace

CameraSet::CameraSet(std::vector<EnrolledCamera> cameras) : cameras_(std::move(cameras)), id_(number_of(cameras_)) {
  for (const EnrolledCamera& camera : cameras_) {
    for (const EnrolledSign& sign : camera.signs) {
      if (!sign.overlay) continue;
      const OverlayRegion& region = sign.overlay->region;
      if (std::find(overlays_.begin(), overlays_.end(), region) == overlays_.end()) overlays_.push_back(region);
    }
  }
}

void CameraSet::match_all(Findings& findings) const {
  findings.camera_set = id_;
  match(findings.overlays, findings);
  for (Part& part : findings.parts) match(findings.overlays, part);
}

void CameraSet::forget_others(Findings& findings) const {
  if (findings.camera_set == id_) return;
  const auto forget = [](ImageFindings& image) {
    image.looked_for &= ~bit(FindingKind::kCamera);
    image.cameras.clear();
    image.camera_unreadable = false;
  };
  forget(findings);
  std::for_each(findings.parts.begin(), findings.parts.end(), forget);
}

void CameraSet::match(const std::vector<OverlayRegion>& asked, ImageFindings& image) const {
  if (!image.camera) return;
  const Comparison comparison(image, asked);
  for (const EnrolledCamera& camera : cameras_) {
    Fit best = Fit::kNo;
    for (const EnrolledSign& sign : camera.signs) {
      const Fit fit = comparison.compare(sign);
      best = std::max(best, fit);
      if (fit != Fit::kYes) continue;
      image.cameras.push_back({camera.name, sign.kind()});
      break;
    }
    if (best == Fit::kUnreadable) image.camera_unreadable = true;
  }
  image.camera.reset();
}

}  // namespace sallyport
