#include "daemon/app/systemd_notify.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <ctime>
#include <string>

namespace sallyport {
namespace {

/// A line feed would begin another assignment.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < ' '; }, ' ');
  return line;
}

/// What goes wrong here cannot be told to anybody who could help; the unit's start timeout finds out.
void send(const std::string& state) {
  ::sd_notify(0, state.c_str());
}

std::uint64_t monotonic_microseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000 + static_cast<std::uint64_t>(now.tv_nsec) / 1000;
}

}  // namespace

void SystemdNotify::ready(std::string_view status) const {
  send("READY=1\nSTATUS=" + one_line(status));
}
void SystemdNotify::reloading() const {
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(monotonic_microseconds()));
}
void SystemdNotify::stopping() const {
  send("STOPPING=1");
}
void SystemdNotify::status(std::string_view text) const {
  send("STATUS=" + one_line(text));
}
void SystemdNotify::watchdog() const {
  send("WATCHDOG=1");
}

std::optional<std::chrono::microseconds> SystemdNotify::watchdog_interval() const {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(microseconds);
}

}  // namespace sallyport
