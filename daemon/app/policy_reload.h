// The policy in force, and how another one takes its place: whole, or not at all.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/app/daemon_status.h"
#include "daemon/base/counter.h"
#include "daemon/base/time.h"
#include "daemon/pipeline/active_policy.h"

namespace sallyport {

/// What a loader brings: a policy, or why there is none.
struct PolicyLoad {
  std::shared_ptr<const ActivePolicy> active;  ///< null when the file is bad
  std::vector<std::string> diagnostics;        ///< rendered, warnings too
  std::string summary;                         ///< one line: "2 errors: not loaded."
};

struct PolicyReloadStats {
  Counter reloads;          ///< policies that came into force, the first included
  Counter failures;         ///< loads that failed
  Counter last_successful;  ///< gauge: 1 or 0
  Counter loaded_seconds;   ///< gauge: when the policy in force was loaded, seconds since 1970
};

/// current() from any thread, at the price of a short lock: once a transfer, not once a packet. reload() from any
/// thread, one at a time; shards that keep a snapshot get the new one through their mailbox from `on_swap`.
class PolicyHolder {
 public:
  /// Reads and checks the policy; called under reload(). policy/loader and the front end's capabilities are behind it.
  using Loader = std::function<PolicyLoad()>;
  using Clock = std::function<Timestamp()>;
  using OnSwap = std::function<void(std::shared_ptr<const ActivePolicy>)>;

  PolicyHolder(Loader loader, Clock clock, OnSwap on_swap = {});

  /// Null until the first load has succeeded; never null again.
  std::shared_ptr<const ActivePolicy> current() const;
  /// Loads and swaps. After a failure the old policy stays in force; each diagnostic is logged, the failure counted and
  /// kept for status(). The first load is this too: where it fails there is nothing to run with.
  ReloadOutcome reload();
  PolicyStatus status() const;
  /// For systemd's STATUS: "policy agency (sha256 3f2a1b0c), 4 rules", and the failure where the last load failed.
  std::string status_line() const;
  const PolicyReloadStats& stats() const { return stats_; }

 private:
  void keep_old(const PolicyLoad& load);
  void swap_in(const PolicyLoad& load);

  const Loader loader_;
  const Clock clock_;
  const OnSwap on_swap_;
  std::mutex reloading_;
  mutable std::mutex mutex_;
  std::shared_ptr<const ActivePolicy> policy_;  // guarded by mutex_, as is status_
  PolicyStatus status_;
  PolicyReloadStats stats_;  // written under reloading_
};

}  // namespace sallyport
