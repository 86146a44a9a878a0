#include "daemon/app/policy_reload.h"

#include <utility>

#include "daemon/base/log.h"

namespace sallyport {
namespace {

constexpr std::size_t kDigestDigitsShown = 8;

std::uint64_t seconds(Timestamp time) {
  const auto count = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

}  // namespace

PolicyHolder::PolicyHolder(Loader loader, Clock clock, OnSwap on_swap)
    : loader_(std::move(loader)), clock_(std::move(clock)), on_swap_(std::move(on_swap)) {}

std::shared_ptr<const ActivePolicy> PolicyHolder::current() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

ReloadOutcome PolicyHolder::reload() {
  const std::lock_guard one_at_a_time(reloading_);
  PolicyLoad load = loader_();
  const bool loaded = load.active != nullptr;
  for (const std::string& diagnostic : load.diagnostics) {
    log(loaded ? LogLevel::kWarning : LogLevel::kError, "policy", {{"diagnostic", diagnostic}});
  }
  if (loaded) {
    swap_in(load);
  } else {
    keep_old(load);
  }
  return {loaded, std::move(load.diagnostics), status()};
}

void PolicyHolder::swap_in(const PolicyLoad& load) {
  const Timestamp now = clock_();
  std::string replaced;
  {
    const std::lock_guard lock(mutex_);
    policy_ = load.active;
    replaced = status_.digest;
    status_ = {load.active->policy->name(),
               load.active->policy->digest(),
               now,
               static_cast<std::uint32_t>(load.active->policy->rule_count()),
               {},
               stats_.failures.value(),
               replaced};
  }
  stats_.reloads.add();
  stats_.last_successful.set(1);
  stats_.loaded_seconds.set(seconds(now));
  log_notice("policy in force", {{"name", load.active->policy->name()},
                                 {"sha256", load.active->policy->digest()},
                                 {"replaced_sha256", replaced.empty() ? "none" : replaced}});
  if (on_swap_) on_swap_(load.active);
}

void PolicyHolder::keep_old(const PolicyLoad& load) {
  stats_.failures.add();
  stats_.last_successful.set(0);
  const std::lock_guard lock(mutex_);
  status_.reload_failures = stats_.failures.value();
  status_.last_error = load.summary.empty() ? "not loaded" : load.summary;
  const std::string_view message = policy_ ? "policy not loaded, the old one stays in force" : "policy not loaded";
  log_error(message, {{"reason", status_.last_error}, {"in_force", status_.digest}});
}

PolicyStatus PolicyHolder::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::string PolicyHolder::status_line() const {
  const PolicyStatus now = status();
  std::string line = "no policy in force";
  if (!now.digest.empty()) {
    line = "policy " + now.name + " (sha256 " + now.digest.substr(0, kDigestDigitsShown) + "), " +
           std::to_string(now.rules) + " rules";
  }
  if (!now.last_error.empty()) line += "; last load failed: " + now.last_error;
  return line;
}

}  // namespace sallyport
