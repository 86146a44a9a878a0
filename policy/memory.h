// What one policy remembers from transfer to transfer: what rules have counted, what contracts have permitted, and
// whose breaker has tripped.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/contract/verdict.h"
#include "policy/ask.h"
#include "policy/breaker.h"
#include "policy/group_windows.h"

namespace sallyport::policy {

/// How much of its quota a contract has used up.
struct QuotaUse {
  std::string contract;
  std::uint64_t images = 0;  ///< permitted so far, in the time that counts
  std::uint64_t most = 0;
};

/// A rule whose breaker has tripped.
struct DemotedRule {
  std::string rule;
  BreakerLimit limit;
  Timestamp since;
};

/// Any thread: each rule has a lock of its own, held for microseconds. Time is that of the transfers (last_seen), so
/// that captures and tests run on a time of their own.
class Memory {
 public:
  /// Empty: nothing has passed yet. Borrows the policy.
  explicit Memory(const CompiledPolicy& policy);

  /// Whether any rule counts, or any contract has a quota.
  bool counts() const { return !rules_.empty() || !quotas_.empty(); }
  /// Rules that are exactly one of `older` go on with what it remembers, which both share from then on.
  void inherit(const Memory& older);

  /// Tells each of `pairs`, one transfer between each of its parties, what every rule that counts has come to with it.
  void look(std::span<Known> pairs) const;
  /// The same, and it is counted: in each group once, whatever the verdict is. Once a transfer.
  void count(std::span<Known> pairs);

  /// Tells whose breaker has tripped.
  void tell_demoted(Known& known) const;

  /// The verdict is final: what it blocks is told the breakers. A match that trips one says so in its reason.
  void note_blocks(Verdict& verdict, Timestamp time);
  /// Called where a breaker trips, on the thread of the transfer. Before the first transfer.
  void on_trip(std::function<void(const DemotedRule&)> told) { told_ = std::move(told); }
  std::vector<DemotedRule> demoted() const;
  /// Breakers that have tripped so far, in this policy.
  std::uint64_t trips() const { return trips_; }
  /// Names of the rules that have a breaker.
  std::vector<std::string> guarded() const;
  /// False: it was not demoted. Nothing: no rule of this name has a breaker.
  std::optional<bool> rearm(std::string_view rule);

  /// Counts what a record holds for the rules that inherited nothing; gives of how many of them nobody had looked for
  /// what they ask, so that it counts for nothing.
  std::size_t refill(std::span<const Known> pairs);
  /// Tells the breakers that inherited nothing what a recorded verdict blocked.
  void refill_blocks(const Verdict& recorded, Timestamp time);
  /// Names of the rules that count and inherited nothing.
  std::vector<std::string> uninherited() const;
  /// How far rules that inherited nothing look back.
  Duration past_wanted() const;

  /// At the time of the last transfer that was counted.
  std::vector<QuotaUse> quota_uses() const;
  GroupWindowsStats stats() const;

 private:
  struct Rule {
    const CompiledRule* rule;
    std::shared_ptr<GroupWindows> groups;
    bool inherited = false;
  };

  struct Quota {
    const CompiledContract* contract;
    std::shared_ptr<GroupWindows> window;
    bool inherited = false;
  };

  struct Guard {
    const CompiledRule* rule;
    std::shared_ptr<Breaker> breaker;
    bool inherited = false;
  };

  std::vector<const CompiledRule*> demoted_rules() const;
  void make_ready(std::span<Known> pairs) const;
  Guard* guard_of(std::string_view rule);
  bool note_block(Guard& guard, Timestamp time);

  std::vector<Rule> rules_;  // by CompiledRule::counter
  std::vector<Quota> quotas_;
  std::vector<Guard> guards_;
  std::function<void(const DemotedRule&)> told_;
  std::atomic<std::uint64_t> trips_{0};
  std::atomic<Timestamp> counted_at_{Timestamp{}};
};

}  // namespace sallyport::policy
