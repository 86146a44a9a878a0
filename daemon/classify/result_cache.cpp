#include "daemon/classify/result_cache.h"

#include <utility>

namespace sallyport {

namespace {

constexpr FindingSet kFeatures = bit(FindingKind::kLocalFeatures);

/// Of the object and of all images inside it.
template <class Member>
std::vector<Detection> all_of(const Findings& findings, Member member) {
  std::vector<Detection> all;
  for_each_image(findings, [&](const ImageFindings& image) {
    all.insert(all.end(), (image.*member).begin(), (image.*member).end());
  });
  return all;
}

/// Kinds that were not looked for to the end, but far enough for this question.
FindingSet answered_in_part(const Findings& known, const ClassifyRequest& request) {
  FindingSet kinds = 0;
  if (is_enough(request.faces, all_of(known, &ImageFindings::faces))) kinds |= bit(FindingKind::kFace);
  if (is_enough(request.plates, all_of(known, &ImageFindings::plates))) kinds |= bit(FindingKind::kPlate);
  return kinds;
}

}  // namespace

std::optional<Findings> ResultCache::find(const ClassifyRequest& request) {
  const Findings* const kept = entries_.find(request.sha256);
  if (kept == nullptr) return std::nullopt;
  const bool asks_camera = (request.wanted & bit(FindingKind::kCamera)) != 0;
  if (asks_camera && kept->overlays != request.overlays) return std::nullopt;
  FindingSet unanswered = request.wanted & ~kept->looked_for & ~answered_in_part(*kept, request);
  const auto* const features = (unanswered & kFeatures) != 0 ? features_.find(request.sha256) : nullptr;
  if (features != nullptr) unanswered &= ~kFeatures;
  if (unanswered != 0) return std::nullopt;
  Findings known = *kept;
  if (features != nullptr) {
    known.local_features = *features;
    known.looked_for |= kFeatures;
  }
  return known;
}

void ResultCache::store(const Sha256Digest& digest, const Findings& findings) {
  // Of archives with more, which are seldom sent again, nothing is kept.
  if (findings.not_inspected || findings.parts.size() > kPartsRemembered) return;
  Findings kept = findings;
  if (kept.local_features && kept.parts.empty()) features_.put(digest, kept.local_features);
  drop_local_features(kept);
  entries_.put(digest, std::move(kept));
}

}  // namespace sallyport
