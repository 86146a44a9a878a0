#include "daemon/classify/result_cache.h"

namespace sallyport {

std::optional<Findings> ResultCache::find(const Sha256Digest& digest, FindingSet wanted,
                                          const std::vector<OverlayRegion>& overlays) {
  const Findings* const known = entries_.find(digest);
  if (known == nullptr || (wanted & ~known->looked_for) != 0) return std::nullopt;
  const bool asks_camera = (wanted & bit(FindingKind::kCamera)) != 0;
  if (asks_camera && known->overlays != overlays) return std::nullopt;
  return *known;
}

void ResultCache::store(const Sha256Digest& digest, const Findings& findings) {
  // Of archives with more, which are seldom sent again, nothing is kept.
  if (!findings.not_inspected && findings.parts.size() <= kPartsRemembered) entries_.put(digest, findings);
}

}  // namespace sallyport
