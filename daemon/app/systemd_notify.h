// What sallyportd tells systemd about itself (sd_notify(3)); nothing at all where systemd did not start it.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace sallyport {

/// Speaks to $NOTIFY_SOCKET. Any thread; never blocks for long: one datagram each.
class SystemdNotify {
 public:
  void ready(std::string_view status) const;
  /// Before a reload; ready() ends it. Carries MONOTONIC_USEC, as Type=notify-reload wants.
  void reloading() const;
  void stopping() const;
  /// The line that `systemctl status` shows.
  void status(std::string_view text) const;
  void watchdog() const;
  /// WatchdogSec= of the unit, if it is set for this process: watchdog() must come more often than that.
  std::optional<std::chrono::microseconds> watchdog_interval() const;
};

}  // namespace sallyport
