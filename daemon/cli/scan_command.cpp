#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "daemon/app/policy_loading.h"
#include "daemon/cli/capture_account.h"
#include "daemon/cli/capture_progress.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/worker_options.h"
#include "daemon/events/callback_sink.h"
#include "daemon/events/direct_event_sink.h"
#include "daemon/events/sentence.h"
#include "daemon/frontends/tap/pcap_file.h"
#include "daemon/ledger/ledger.h"
#include "daemon/pipeline/pipeline.h"

namespace sallyport::cli {
namespace {

/// Without a policy of the operator's: tell of every image, and of what could not be looked at.
constexpr const char* kBuiltInPolicy = R"(version: 1
name: built-in
defaults: {on_encrypted: alert, on_unknown_protocol: alert}
rules:
  - name: image-with-faces
    state: alert
    severity: medium
    when: {faces: {at_least: 1}}
  - name: image-with-plates
    state: alert
    severity: medium
    when: {plates: {at_least: 1}}
)";

/// Nobody waits for a verdict on a file.
constexpr std::chrono::milliseconds kScanDeadline{60'000};
constexpr std::size_t kPendingMax = 64;

struct ScanOptions {
  WorkerOptions worker;
  std::string policy;
  std::string format = "text";
  std::string ledger;
  std::vector<std::string> files;
};

struct Outcome {
  bool jsonl = false;
  std::uint64_t findings = 0;

  void show(const EventRecord& record) {
    findings += record.event.verdict.action != Action::kAllow;
    const std::string line = jsonl ? std::string(record.ocsf_json) : sentence(record.event);
    std::printf("%s\n", line.c_str());
  }
};

PolicyLoad load_policy(const ScanOptions& options) {
  return options.policy.empty() ? load_active_policy_text(kBuiltInPolicy, "built-in")
                                : load_active_policy(options.policy, {});
}

struct Scan {
  Classifier& classifier;
  EventSink& events;
  std::shared_ptr<const ActivePolicy> policy;
  CaptureProgress& progress;

  bool file(const std::string& path) {
    PipelineConfig config;
    config.inspection.sensor = "scan";
    config.inspection.deadline_min = kScanDeadline;
    config.pending_max = kPendingMax;
    SharedTransfers shared;
    ShardDirectory shards;
    ObservingFlowControl control;
    Pipeline pipeline(
        config, control, classifier, events, [this] { return policy; }, shared, shards);
    progress.set_file(path);
    PcapFileOptions options;
    options.progress = [this](std::uint64_t done, std::uint64_t total) { progress.show(done, total); };
    const auto read = read_pcap_file(path, pipeline, options);
    const bool good = tell_reading(path, read);
    tell_uninspected(pipeline.extraction().reassembler().stats());
    return good;
  }
};

/// Null where none is wanted. Nothing is forgotten for its age: captures may be old.
Result<std::unique_ptr<Ledger>> open_ledger(const std::string& path) {
  if (path.empty()) return nullptr;
  return Ledger::open(
      {path, {}, 0, [] { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }});
}

std::string lost_rows(const Ledger& ledger) {
  const std::string problem = ledger.problem();
  return std::to_string(ledger.stats().lost.value()) + " transfers are not in the ledger" +
         (problem.empty() ? "" : ": " + problem);
}

bool tell(const std::string& problem) {
  if (!problem.empty()) std::fprintf(stderr, "sallyport: %s\n", problem.c_str());
  return problem.empty();
}

int run(const ScanOptions& options) {
  const PolicyLoad loaded = load_policy(options);
  for (const std::string& diagnostic : loaded.diagnostics) std::fprintf(stderr, "%s\n", diagnostic.c_str());
  if (!loaded.active) {
    std::fprintf(stderr, "%s\n", loaded.summary.c_str());
    return kExitError;
  }
  const auto ledger = open_ledger(options.ledger);
  if (!ledger) return tell(ledger.error().message), kExitError;
  Outcome outcome{options.format == "jsonl", 0};
  std::vector<std::unique_ptr<RecordSink>> sinks;
  sinks.push_back(std::make_unique<CallbackSink>([&outcome](const EventRecord& record) { outcome.show(record); }));
  DirectEventSink events(std::move(sinks), ledger->get());
  const auto pool = options.worker.start();
  bool good = true;
  {
    CaptureProgress progress;
    Scan scan{*pool, events, loaded.active, progress};
    for (const std::string& path : options.files) good = scan.file(path) && good;
  }
  events.flush();
  good = tell(pool->last_error()) && good;
  if (*ledger && (*ledger)->stats().lost.value() > 0) good = tell(lost_rows(**ledger));
  if (!good) return kExitError;
  return outcome.findings == 0 ? kExitClean : kExitFindings;
}

}  // namespace

void add_scan_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<ScanOptions>();
  CLI::App* command = app.add_subcommand(
      "scan", "Inspect captures as the daemon would. Exit status 0: nothing found, 1: alerts or blocks, 2: error");
  options->worker.add_to(*command);
  command->add_option("--policy", options->policy, "policy to apply; without: tell of faces and plates");
  command->add_option("--format", options->format, "text: a sentence an event; jsonl: OCSF JSON, one event a line")
      ->check(CLI::IsMember({"text", "jsonl"}))
      ->capture_default_str();
  command->add_option("--ledger", options->ledger, "also write each transfer into this ledger, for policy replay");
  command->add_option("PCAP", options->files, "capture files (pcap, pcapng, also gzip)")->required();
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace sallyport::cli
