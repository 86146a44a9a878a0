#include "daemon/app/daemon.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "daemon/app/memory_refill.h"
#include "daemon/app/policy_loading.h"
#include "daemon/app/privileges.h"
#include "daemon/base/log.h"
#include "daemon/events/journald_sink.h"
#include "daemon/events/jsonl_file_sink.h"
#include "daemon/events/stdout_sink.h"
#include "policy/suggest.h"

namespace sallyport {
namespace {

/// systemd's WatchdogSec is split in so many checks, so that one slow interval does not end the daemon.
constexpr int kWatchdogChecks = 3;

Timestamp wall_clock() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

std::vector<Capability> needed_capabilities(const FrontEndSettings& front_end) {
  // Raw sockets and rings are open by now; only verdicts ask for a capability each time.
  if (front_end.kind == FrontEndKind::kNfqueue) return {Capability::kNetAdmin};
  return {};
}

Result<std::unique_ptr<RecordSink>> open_sink(const SinkSettings& settings) {
  switch (settings.kind) {
    case SinkKind::kStdout:
      return std::make_unique<StdoutSink>();
    case SinkKind::kJournald:
      return JournaldSink::open();
    case SinkKind::kFile:
      break;
  }
  return JsonlFileSink::open(settings.path);
}

void shout(const policy::DemotedRule& demoted) {
  log_error("a rule blocks too much and only alerts from now on; 'sallyport rearm' ends that",
            {{"rule", demoted.rule}, {"breaker", policy::to_text(demoted.limit)}});
}

std::string no_breaker(const std::string& rule, const std::vector<std::string>& guarded) {
  const std::vector<std::string_view> known(guarded.begin(), guarded.end());
  const std::string meant = policy::nearest(rule, known);
  return "no rule '" + rule + "' has a breaker" + (meant.empty() ? "" : "; did you mean '" + meant + "'?");
}

std::string program_of(const WorkerSettings& settings) {
  return settings.program.empty() ? default_worker_program() : settings.program;
}

WorkerPoolConfig pool_config(const WorkerSettings& settings) {
  WorkerPoolConfig config;
  config.command.program = program_of(settings);
  config.command.arguments = {"--model-dir",        settings.model_dir, "--cascade-dir",
                              settings.cascade_dir, "--memory-max",     std::to_string(settings.memory_bytes_max)};
  config.workers = settings.count != 0 ? settings.count : std::max(1U, std::thread::hardware_concurrency());
  config.queue_max = settings.queue_max;
  config.cache_entries = settings.cache_entries_max;
  return config;
}

}  // namespace

Daemon::Daemon(Config config) : config_(std::move(config)), started_(wall_clock()) {}

Daemon::~Daemon() = default;

int Daemon::run() {
  using Step = Status (Daemon::*)();
  constexpr std::pair<const char*, Step> kSteps[] = {
      {"block signals", &Daemon::block_signals},           {"open the front end", &Daemon::open_front_ends},
      {"drop privileges", &Daemon::drop_to_user},          {"load the policy", &Daemon::load_policy},
      {"open the ledger", &Daemon::open_ledger},           {"fill the counts", &Daemon::fill_memory},
      {"open event sinks", &Daemon::open_events},          {"start workers", &Daemon::start_workers},
      {"connect the shards", &Daemon::connect_shards},     {"serve metrics", &Daemon::serve_metrics},
      {"serve the control socket", &Daemon::serve_control}};
  for (const auto& [what, step] : kSteps) {
    if (const Status done = (this->*step)(); !done) {
      log_error("cannot start", {{"step", what}, {"error", done.error().message}});
      return done.error().code == ErrorCode::kInvalidArgument ? kExitBadConfig : kExitUnavailable;
    }
  }
  shards_->run([this] { mailbox_.post([this] { stopping_ = true; }); });
  systemd_.ready(policy_->status_line());
  log_notice("ready", {{"front_end", shards_->capabilities().front_end}, {"shards", shards_->all().size()}});
  wait();
  stop();
  return exit_status_;
}

Status Daemon::block_signals() {
  auto signals = SignalSource::open({SIGTERM, SIGINT, SIGHUP, SIGUSR1});
  if (!signals) return tl::unexpected(signals.error());
  signals_.emplace(std::move(*signals));
  return {};
}

Status Daemon::open_front_ends() {
  shards_ = std::make_unique<Shards>(config_);
  return shards_->open();
}

Status Daemon::drop_to_user() {
  auto privileges = drop_privileges({config_.user, needed_capabilities(config_.front_end)});
  if (!privileges) return tl::unexpected(privileges.error());
  privileges_ = privileges->capabilities;
  return {};
}

Status Daemon::load_policy() {
  policy_ = std::make_unique<PolicyHolder>([this] { return load(); }, wall_clock);
  const ReloadOutcome outcome = policy_->reload();
  if (!outcome.loaded) return fail(ErrorCode::kInvalidArgument, config_.policy + ": " + outcome.policy.last_error);
  return {};
}

// At a reload rules that are still the same keep what they have counted; others have it from the ledger.
PolicyLoad Daemon::load() {
  PolicyLoad loaded = load_active_policy(config_.policy, shards_->capabilities());
  if (loaded.active) loaded.active->memory->on_trip(shout);
  const auto before = policy_->current();
  if (!loaded.active || !before) return loaded;
  loaded.active->memory->inherit(*before->memory);
  refill_and_tell(*loaded.active, config_.ledger.path, wall_clock());
  return loaded;
}

Status Daemon::open_ledger() {
  const LedgerSettings& settings = config_.ledger;
  if (settings.path.empty()) return {};
  auto ledger = Ledger::open({settings.path, settings.age_max, settings.size_max, wall_clock});
  if (!ledger) return tl::unexpected(ledger.error());
  ledger_ = std::move(*ledger);
  return {};
}

Status Daemon::fill_memory() {
  refill_and_tell(*policy_->current(), config_.ledger.path, wall_clock());
  return {};
}

Status Daemon::open_events() {
  std::vector<std::unique_ptr<RecordSink>> sinks;
  for (const SinkSettings& settings : config_.events.sinks) {
    auto sink = open_sink(settings);
    if (!sink) return tl::unexpected(sink.error());
    sinks.push_back(std::move(*sink));
  }
  const EventWriterConfig config{config_.events.queue_events_max, config_.events.queue_bytes_max,
                                 config_.events.flush_timeout};
  events_ = std::make_unique<EventWriter>(config, std::move(sinks), ledger_);
  canaries_ = std::make_unique<CanaryWatch>(
      *events_, [this] { return policy_->current(); }, wall_clock);
  return {};
}

Status Daemon::start_workers() {
  const std::string program = program_of(config_.workers);
  if (::access(program.c_str(), X_OK) != 0) return fail_errno("cannot run the worker " + program);
  workers_ = std::make_unique<WorkerPool>(pool_config(config_.workers));
  return {};
}

Status Daemon::connect_shards() {
  shards_->connect(config_, *workers_, *canaries_, [this] { return policy_->current(); });
  std::size_t number = 0;
  for (const Shard& shard : shards_->all())
    watchdog_.watch("shard " + std::to_string(number++), shard.pipeline->loops());
  return {};
}

Status Daemon::serve_metrics() {
  if (config_.metrics_listen.empty()) return {};
  metrics_ = std::make_unique<Metrics>();
  add_all_sources(*metrics_, stages());
  return metrics_->serve(config_.metrics_listen);
}

Status Daemon::serve_control() {
  if (config_.control.path.empty()) return {};
  auto server = ControlServer::start(
      config_.control, {[this] { return status(); }, [this] { return reload(); }, [this] { events_->reopen(); },
                        [this](const std::string& rule) { return rearm(rule); },
                        [this](const CanaryQuestion& question) { return canary(question); }});
  if (!server) return tl::unexpected(server.error());
  control_ = std::move(*server);
  return {};
}

void Daemon::wait() {
  const auto interval = systemd_.watchdog_interval();
  const int timeout_ms =
      interval
          ? static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(*interval).count() / kWatchdogChecks)
          : -1;
  while (!stopping_) {
    pollfd waited[2] = {{signals_->fd(), POLLIN, 0}, {mailbox_.wake_fd(), POLLIN, 0}};
    ::poll(waited, 2, timeout_ms);
    while (const auto signal_number = signals_->next()) handle(*signal_number);
    mailbox_.run();
    if (interval) watch_progress();
  }
  if (!shards_->failure().empty()) exit_status_ = kExitUnavailable;
}

void Daemon::handle(int signal_number) {
  if (signal_number == SIGHUP) {
    reload();
  } else if (signal_number == SIGUSR1) {
    events_->reopen();
  } else {
    stopping_ = true;
  }
}

void Daemon::watch_progress() {
  if (watchdog_.check()) return systemd_.watchdog();
  for (const std::string& name : watchdog_.stuck()) log_warning("no progress", {{"who", name}});
}

// On the main thread for SIGHUP, on the control server's for the command; the holder lets one in at a time.
ReloadOutcome Daemon::reload() {
  systemd_.reloading();
  ReloadOutcome outcome = policy_->reload();
  systemd_.ready(policy_->status_line());
  return outcome;
}

Status Daemon::rearm(const std::string& rule) {
  const auto active = policy_->current();
  const auto was_demoted = active->memory->rearm(rule);
  if (!was_demoted) return fail(ErrorCode::kNotFound, no_breaker(rule, active->memory->guarded()));
  if (!*was_demoted) return fail(ErrorCode::kInvalidArgument, "rule '" + rule + "' is not demoted");
  log_notice("a rule blocks again", {{"rule", rule}});
  return {};
}

DaemonStatus Daemon::status() const {
  DaemonStatus status;
  status.version = SALLYPORT_VERSION;
  status.sensor = config_.sensor;
  status.front_end = shards_->capabilities().front_end;
  status.started = started_;
  status.pid = static_cast<std::uint32_t>(::getpid());
  status.policy = policy_->status();
  status.facts = status_facts(stages());
  return status;
}

CanaryReport Daemon::canary(const CanaryQuestion& question) const {
  const auto active = policy_->current();
  CanaryReport report;
  for (const policy::FingerprintSet& set : active->policy->fingerprint_sets()) {
    if (set.canary) report.sets.push_back(set.name);
  }
  if (question.sha256) {
    for (const FingerprintMatch& match : active->fingerprints.match_exact(*question.sha256)) {
      const bool is_canary = std::find(report.sets.begin(), report.sets.end(), match.set) != report.sets.end();
      if (is_canary) report.registered_in.push_back(match.set);
    }
  }
  for (const Shard& shard : shards_->all()) report.packets += shard.front_end->stats().packets.value();
  const auto passage = canaries_->passage(question.nonce);
  if (!passage) return report;
  report.passed = true;
  report.rule = passage->rule;
  report.severity = passage->severity;
  report.action = passage->action;
  report.event = passage->event;
  report.content = passage->content;
  report.not_inspected = passage->not_inspected;
  report.told = passage->told;
  return report;
}

// In the order of the data's way: nothing is asked of a stage that has gone.
void Daemon::stop() {
  systemd_.stopping();
  control_.reset();
  shards_->stop();
  metrics_.reset();
  events_->stop();
  log_notice("stopped");
}

}  // namespace sallyport
