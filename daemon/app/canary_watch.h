// Sees each event on its way to the writer, counts sightings of canaries and remembers what self-tests sent.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/contract/event.h"
#include "daemon/pipeline/active_policy.h"

namespace sallyport {

struct CanarySightings {
  std::string set;
  std::uint64_t count = 0;
  Timestamp last{};  ///< by the clock; the epoch: never
};

/// A transfer of a self-test that came to its verdict.
struct SelftestPassage {
  std::string nonce;
  Timestamp told{};  ///< when its event was handed over, by the clock
  std::string event;
  std::string content;
  std::string not_inspected;
  std::string rule;  ///< of the canary set that it was seen by; empty: by none
  std::string set;
  std::string severity;
  std::string action;
};

/// Any thread; a lock is taken for canaries and self-tests alone. What stands behind outlives it.
class CanaryWatch : public EventSink {
 public:
  CanaryWatch(EventSink& next, PolicySource policy, std::function<Timestamp()> clock);

  void publish(Event event) override;
  void keep(Event event) override;

  /// Of each canary set of the policy in force, and of those that were seen before.
  std::vector<CanarySightings> sightings() const;
  std::optional<SelftestPassage> passage(std::string_view nonce) const;

 private:
  void look(const Event& event);
  void remember(SelftestPassage passage);

  /// Self-tests are asked about while they run: far fewer at once.
  static constexpr std::size_t kPassagesMax = 64;

  EventSink& next_;
  const PolicySource policy_;
  const std::function<Timestamp()> clock_;
  mutable std::mutex mutex_;
  std::map<std::string, CanarySightings, std::less<>> seen_;  // guarded by mutex_
  std::deque<SelftestPassage> passages_;                      // guarded by mutex_; the newest is last
};

}  // namespace sallyport
