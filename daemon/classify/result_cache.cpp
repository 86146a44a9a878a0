#include "daemon/classify/result_cache.h"

namespace sallyport {

namespace {

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
  const Findings* const known = entries_.find(request.sha256);
  if (known == nullptr) return std::nullopt;
  const FindingSet unanswered = request.wanted & ~known->looked_for;
  if ((unanswered & ~answered_in_part(*known, request)) != 0) return std::nullopt;
  const bool asks_camera = (request.wanted & bit(FindingKind::kCamera)) != 0;
  if (asks_camera && known->overlays != request.overlays) return std::nullopt;
  return *known;
}

void ResultCache::store(const Sha256Digest& digest, const Findings& findings) {
  // Of archives with more, which are seldom sent again, nothing is kept.
  if (!findings.not_inspected && findings.parts.size() <= kPartsRemembered) entries_.put(digest, findings);
}

}  // namespace sallyport
