#include "daemon/classify/crash_memory.h"

namespace sallyport {
namespace {

constexpr int kTries = 2;
/// Findings of images inside that are remembered with a crash: they bound the memory of an entry.
constexpr std::size_t kPartsKept = 64;

}  // namespace

void CrashMemory::note(const Sha256Digest& digest, const Findings& findings, bool violation, Clock::time_point now) {
  const auto known = by_digest_.find(digest);
  if (known != by_digest_.end()) {
    entries_.splice(entries_.begin(), entries_, known->second);
  } else {
    if (entries_.size() >= entries_max_) {
      by_digest_.erase(entries_.back().digest);
      entries_.pop_back();
    }
    entries_.push_front({digest, {}, 0, now});
    by_digest_.emplace(digest, entries_.begin());
  }
  Entry& entry = entries_.front();
  entry.findings = findings;
  if (entry.findings.parts.size() > kPartsKept) {
    entry.findings.parts_untold += entry.findings.parts.size() - kPartsKept;
    entry.findings.parts.resize(kPartsKept);
  }
  entry.crashes = violation ? kTries : entry.crashes + 1;
  entry.last = now;
}

std::optional<Findings> CrashMemory::find(const Sha256Digest& digest, Clock::time_point now) {
  const auto known = by_digest_.find(digest);
  if (known == by_digest_.end()) return std::nullopt;
  if (now - known->second->last < kRemembered) {
    if (known->second->crashes < kTries) return std::nullopt;
    return known->second->findings;
  }
  entries_.erase(known->second);
  by_digest_.erase(known);
  return std::nullopt;
}

}  // namespace sallyport
