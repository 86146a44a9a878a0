// A rule that suddenly blocks far too much is more likely wrong than the world is: its breaker lets it alert only.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/time.h"

namespace sallyport::policy {

/// breaker: of a rule, as written.
struct BreakerLimit {
  std::uint64_t blocks = 0;  ///< so many are well; 0: there is no breaker
  std::chrono::milliseconds within{0};

  bool operator==(const BreakerLimit&) const = default;
};

/// "{blocks: 100, within: 1h}".
std::string to_text(const BreakerLimit& limit);

/// Any thread. Demoted by the block that is one too many, until somebody arms it again. Time is that of the transfers.
class Breaker {
 public:
  explicit Breaker(const BreakerLimit& limit) : limit_(limit) {}

  /// The rule has blocked. True: this was one too many, and it is demoted from now on.
  bool note_block(Timestamp time);
  /// Since when it is demoted; nothing: it is not.
  std::optional<Timestamp> demoted_since() const;
  /// Forgets the blocks so far. False: it was not demoted.
  bool rearm();
  const BreakerLimit& limit() const { return limit_; }

 private:
  const BreakerLimit limit_;
  mutable std::mutex mutex_;
  std::vector<Timestamp> blocks_;  // ascending, no older than the limit's time, no more than its number
  std::optional<Timestamp> demoted_since_;
};

}  // namespace sallyport::policy
