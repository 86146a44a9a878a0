#include "daemon/classify/crash_memory.h"

#include <utility>

namespace sallyport {
namespace {

constexpr int kTries = 2;

Findings shortened(Findings findings) {
  if (findings.parts.size() > kPartsRemembered) {
    findings.parts_untold += findings.parts.size() - kPartsRemembered;
    findings.parts.resize(kPartsRemembered);
  }
  drop_local_features(findings);
  return findings;
}

}  // namespace

void CrashMemory::note(const Sha256Digest& digest, const Findings& findings, bool violation, Clock::time_point now) {
  const Entry* const known = entries_.find(digest);
  const int before = known == nullptr ? 0 : known->crashes;
  entries_.put(digest, {shortened(findings), violation ? kTries : before + 1, now});
}

std::optional<Findings> CrashMemory::find(const Sha256Digest& digest, Clock::time_point now) {
  const Entry* const known = entries_.find(digest);
  if (known == nullptr) return std::nullopt;
  if (now - known->last >= kRemembered) {
    entries_.erase(digest);
    return std::nullopt;
  }
  return known->crashes < kTries ? std::nullopt : std::optional(known->findings);
}

}  // namespace sallyport
