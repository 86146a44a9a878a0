#include "daemon/classify/fingerprint_sets.h"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

/// Recorded findings hold no features: a part that was recognised then is still one.
const FingerprintMatch* recorded_part(const std::string& set, const ImageFindings& findings) {
  const auto found =
      std::find_if(findings.matches.begin(), findings.matches.end(),
                   [&set](const FingerprintMatch& match) { return match.by_parts() && match.set == set; });
  return found == findings.matches.end() ? nullptr : &*found;
}

}  // namespace

void FingerprintSets::add(std::string name, FingerprintIndex index, const CopyTolerance& tolerance) {
  sets_.insert_or_assign(std::move(name), Set{std::move(index), tolerance});
}

std::optional<FingerprintIndex::Near> FingerprintSets::Set::near_whole(
    const ImageFindings& findings, const std::optional<QueryCorners>& corners) const {
  const auto near = index.nearest(findings, tolerance.distance_max);
  const bool may_be_another = near && near->form == PictureForm::kUpright && tolerance.parts && corners;
  if (may_be_another && index.shows_other_vehicle(near->image, *corners)) return std::nullopt;
  return near;
}

FindingSet FingerprintSets::features_wanted() const {
  const bool wanted =
      std::any_of(sets_.begin(), sets_.end(), [](const auto& set) { return set.second.tolerance.parts; });
  return wanted ? bit(FindingKind::kLocalFeatures) : 0;
}

std::vector<FingerprintMatch> FingerprintSets::match_exact(const Sha256Digest& sha256) const {
  std::vector<FingerprintMatch> matches;
  for (const auto& [name, set] : sets_) {
    if (const auto image = set.index.find(sha256))
      matches.push_back({name, std::string(set.index.name(*image)), true, 0});
  }
  return matches;
}

std::vector<FingerprintMatch> FingerprintSets::match(const Sha256Digest& sha256, const ImageFindings& findings) const {
  std::vector<FingerprintMatch> matches;
  std::optional<QueryCorners> corners;
  if (findings.local_features) corners.emplace(*findings.local_features);
  for (const auto& [name, set] : sets_) {
    const auto named = [&index = set.index](std::size_t image) { return std::string(index.name(image)); };
    if (const auto image = set.index.find(sha256)) {
      matches.push_back({name, named(*image), true, 0});
    } else if (const auto near = set.near_whole(findings, corners)) {
      matches.push_back({name, named(near->image), false, near->distance, near->form});
    } else if (!set.tolerance.parts) {
      continue;
    } else if (!corners) {
      if (const FingerprintMatch* const recorded = recorded_part(name, findings)) matches.push_back(*recorded);
    } else if (const auto part = set.index.find_part(*corners)) {
      matches.push_back({name, named(part->image), false, 0, PictureForm::kUpright, part->shown.inliers,
                         part->shown.covered_percent});
    }
  }
  return matches;
}

void FingerprintSets::match_all(const Sha256Digest& sha256, Findings& findings) const {
  findings.matches = match(sha256, findings);
  for (Part& part : findings.parts) {
    if (part.sha256) part.matches = match(*part.sha256, part);
  }
  drop_local_features(findings);
}

}  // namespace sallyport
