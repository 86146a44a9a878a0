// Objects that cost a worker its life: they are not given to another one blindly.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "daemon/base/sha256.h"
#include "daemon/classify/recent_by_digest.h"
#include "daemon/contract/finding.h"

namespace sallyport {

/// A crash may be chance (the kernel's out-of-memory killer, an operator's kill), so
/// an object gets a second try; what broke the rules of the sandbox gets none. One thread, or the caller's lock.
class CrashMemory {
 public:
  using Clock = std::chrono::steady_clock;
  /// So long it is remembered: a mended worker program gets its chance without a restart.
  static constexpr std::chrono::hours kRemembered{1};

  explicit CrashMemory(std::size_t entries_max) : entries_(entries_max) {}

  /// `findings`: what had been found in it until then, with the reason; that holds for the next time too.
  void note(const Sha256Digest& digest, const Findings& findings, bool violation, Clock::time_point now);
  /// The answer to give instead of a try; nothing: it may be tried.
  std::optional<Findings> find(const Sha256Digest& digest, Clock::time_point now);

 private:
  struct Entry {
    Findings findings;
    int crashes = 0;
    Clock::time_point last{};
  };

  RecentByDigest<Entry> entries_;
};

}  // namespace sallyport
