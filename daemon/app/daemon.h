// sallyportd from its configuration to its end: the ordered list of start steps, the loop that waits, the stop steps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/app/canary_watch.h"
#include "daemon/app/config.h"
#include "daemon/app/control_server.h"
#include "daemon/app/metric_sources.h"
#include "daemon/app/metrics.h"
#include "daemon/app/policy_reload.h"
#include "daemon/app/progress_watchdog.h"
#include "daemon/app/shards.h"
#include "daemon/app/signal_source.h"
#include "daemon/app/systemd_notify.h"
#include "daemon/base/mailbox.h"
#include "daemon/base/result.h"
#include "daemon/classify/worker_pool.h"
#include "daemon/events/event_writer.h"
#include "daemon/ledger/ledger.h"

namespace sallyport {

/// Exit statuses (sysexits.h): what an operator or systemd can tell apart.
inline constexpr int kExitOk = 0;
inline constexpr int kExitUnavailable =
    69;  ///< EX_UNAVAILABLE: a front end, socket or privilege could not be had, or failed
inline constexpr int kExitBadConfig = 78;  ///< EX_CONFIG: the configuration or the policy does not load

/// One per process; main thread.
class Daemon {
 public:
  explicit Daemon(Config config);
  ~Daemon();

  /// Runs until SIGTERM or SIGINT, or until a front end fails. Gives the exit status; every failure was logged.
  int run();

 private:
  // Start steps, in this order. Each says what failed.
  Status block_signals();
  Status open_front_ends();
  Status drop_to_user();
  Status load_policy();
  Status open_ledger();
  Status fill_memory();
  Status open_events();
  Status start_workers();
  Status connect_shards();
  Status serve_metrics();
  Status serve_control();

  void wait();
  void handle(int signal_number);
  void watch_progress();
  ReloadOutcome reload();
  PolicyLoad load();
  Status rearm(const std::string& rule);
  DaemonStatus status() const;
  CanaryReport canary(const CanaryQuestion& question) const;
  MetricStages stages() const { return {*shards_, *workers_, *events_, *policy_, ledger_.get(), *canaries_, started_}; }
  void stop();

  Config config_;
  Timestamp started_;
  SystemdNotify systemd_;
  std::optional<SignalSource> signals_;
  Mailbox mailbox_;  // other threads to the main thread
  std::unique_ptr<PolicyHolder> policy_;
  std::shared_ptr<Ledger> ledger_;  // null: there is none. The events' thread writes it
  std::unique_ptr<EventWriter> events_;
  std::unique_ptr<CanaryWatch> canaries_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<Shards> shards_;
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<ControlServer> control_;
  ProgressWatchdog watchdog_;
  std::vector<std::string> privileges_;
  bool stopping_ = false;
  int exit_status_ = kExitOk;
};

}  // namespace sallyport
