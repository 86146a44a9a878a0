// Liveness by progress: a daemon with one stuck shard is not alive, even if its main thread still is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/counter.h"

namespace sallyport {

/// Each shard adds to its own heartbeat on every loop, packets or not (limits::kTickInterval keeps idle ones moving).
/// check() is for one thread; the heartbeats are written by theirs.
class ProgressWatchdog {
 public:
  /// `heartbeat` must outlive this. `name` appears in stuck().
  void watch(std::string name, const Counter& heartbeat);
  /// True when every heartbeat has moved since the last check that returned true: then, and only then, send WATCHDOG=1.
  /// Call it at a third of WatchdogSec, so that one slow interval does not kill the daemon. With nothing to watch:
  /// false.
  bool check();
  /// Names of those that had not moved at the last check().
  const std::vector<std::string>& stuck() const { return stuck_; }

 private:
  struct Watched {
    std::string name;
    const Counter* heartbeat;
    std::uint64_t last;
  };

  std::vector<Watched> watched_;
  std::vector<std::string> stuck_;
};

}  // namespace sallyport
