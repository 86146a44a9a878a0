#include "daemon/app/progress_watchdog.h"

#include <utility>

namespace sallyport {

void ProgressWatchdog::watch(std::string name, const Counter& heartbeat) {
  watched_.push_back({std::move(name), &heartbeat, heartbeat.value()});
}

bool ProgressWatchdog::check() {
  stuck_.clear();
  for (const Watched& each : watched_) {
    if (each.heartbeat->value() == each.last) stuck_.push_back(each.name);
  }
  if (!stuck_.empty() || watched_.empty()) return false;
  for (Watched& each : watched_) each.last = each.heartbeat->value();
  return true;
}

}  // namespace sallyport
