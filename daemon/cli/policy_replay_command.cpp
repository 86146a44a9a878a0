#include "daemon/cli/policy_commands.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "daemon/app/policy_loading.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/replay.h"
#include "daemon/cli/replay_report.h"
#include "daemon/cli/time_text.h"
#include "daemon/ledger/ledger_reader.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kDigestDigits = 8;

struct ReplayOptions {
  std::string ledger;
  std::string policy;
  std::string against;
  std::string since;
  std::string until;
  std::string fail_on = "any";
  bool json = false;
};

int complain(const std::string& message) {
  std::fprintf(stderr, "sallyport: %s\n", message.c_str());
  return kExitError;
}

std::shared_ptr<const ActivePolicy> load(const std::string& file) {
  const PolicyLoad loaded = load_active_policy(file, {});
  for (const std::string& diagnostic : loaded.diagnostics) std::fprintf(stderr, "%s\n", diagnostic.c_str());
  if (!loaded.active) std::fprintf(stderr, "%s: %s\n", file.c_str(), loaded.summary.c_str());
  return loaded.active;
}

std::string name_of(const std::string& file, const ActivePolicy& active) {
  return file + " (sha256 " + active.policy->digest().substr(0, kDigestDigits) + ')';
}

Result<LedgerRange> range_of(const ReplayOptions& options) {
  LedgerRange range;
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  for (const auto& [text, to] : {std::pair{&options.since, &range.since}, std::pair{&options.until, &range.until}}) {
    if (text->empty()) continue;
    const auto time = parse_time(*text, now);
    if (!time) return tl::unexpected(time.error());
    *to = *time;
  }
  return range;
}

/// What was forgotten is no part of the answer, and whoever asks has to know.
void tell_beginning(LedgerReader& reader, const LedgerRange& range) {
  const auto beginning = reader.beginning();
  if (!beginning || beginning->pruned_rows == 0) return;
  if (range.since && *range.since > beginning->pruned_until) return;
  std::fprintf(stderr, "sallyport: the ledger has forgotten %llu transfers up to %s\n",
               static_cast<unsigned long long>(beginning->pruned_rows), time_text(beginning->pruned_until).c_str());
}

FailOn fail_on_of(const std::string& word) {
  if (word == "stricter") return FailOn::kStricter;
  if (word == "looser") return FailOn::kLooser;
  return word == "none" ? FailOn::kNone : FailOn::kAny;
}

int run(const ReplayOptions& options) {
  const auto range = range_of(options);
  if (!range) return complain(range.error().message);
  const auto now = load(options.policy);
  const auto then = options.against.empty() ? nullptr : load(options.against);
  if (!now || (!then && !options.against.empty())) return kExitError;
  auto reader = LedgerReader::open(options.ledger);
  if (!reader) return complain(reader.error().message);
  tell_beginning(*reader, *range);
  Replay replay(now, then);
  const auto reading = reader->for_each(*range, [&replay](const LedgerRow& row) {
    replay.add(row);
    return true;
  });
  if (!reading) return complain(reading.error().message);
  const ReplaySubject subject{name_of(options.policy, *now),
                              then ? name_of(options.against, *then) : "what was recorded", reading->damaged};
  const std::string report =
      options.json ? replay_json(replay.result(), subject) : replay_text(replay.result(), subject);
  std::fputs(report.c_str(), stdout);
  if (reading->damaged > 0) return complain(std::to_string(reading->damaged) + " rows are damaged and were left out");
  return replay.result().fails(fail_on_of(options.fail_on)) ? kExitFindings : kExitClean;
}

}  // namespace

void add_policy_replay_command(CLI::App& policy, int& exit_status) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* command = policy.add_subcommand(
      "replay", "What a policy would have said of the transfers in a ledger. Exit status 1: an unexpected change");
  command->add_option("--ledger", options->ledger, "file of the ledger")->required();
  command->add_option("--against", options->against, "compare with this policy, not with what was recorded");
  command->add_option("--since", options->since, "2026-11-29, 2026-11-29T05:40:20Z, or 2h or 7d ago");
  command->add_option("--until", options->until, "the same");
  command->add_option("--fail-on", options->fail_on, "which changes are unexpected")
      ->check(CLI::IsMember({"any", "stricter", "looser", "none"}))
      ->capture_default_str();
  command->add_flag("--json", options->json, "one JSON object");
  command->add_option("FILE", options->policy, "policy file")->required();
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace sallyport::cli
