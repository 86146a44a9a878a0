#include "daemon/classify/result_cache.h"

namespace sallyport {
namespace {

/// An answer with more parts is not kept: it bounds the memory of an entry, and such archives are seldom sent again.
constexpr std::size_t kPartsKept = 64;

}  // namespace

std::optional<Findings> ResultCache::find(const Sha256Digest& digest, FindingSet wanted) {
  const auto found = by_digest_.find(digest);
  if (found == by_digest_.end() || (wanted & ~found->second->findings.looked_for) != 0) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->findings;
}

void ResultCache::store(const Sha256Digest& digest, const Findings& findings) {
  if (findings.not_inspected || findings.parts.size() > kPartsKept || entries_max_ == 0) return;
  if (const auto found = by_digest_.find(digest); found != by_digest_.end()) {
    found->second->findings = findings;
    entries_.splice(entries_.begin(), entries_, found->second);
    return;
  }
  if (entries_.size() >= entries_max_) {
    by_digest_.erase(entries_.back().digest);
    entries_.pop_back();
  }
  entries_.push_front({digest, findings});
  by_digest_.emplace(digest, entries_.begin());
}

}  // namespace sallyport
