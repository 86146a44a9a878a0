#include "daemon/cli/policy_commands.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "daemon/cli/commands.h"
#include "daemon/cli/ledger_source.h"
#include "daemon/cli/loaded_policy.h"
#include "daemon/cli/replay.h"
#include "daemon/cli/replay_report.h"

namespace sallyport::cli {
namespace {

struct ReplayOptions {
  LedgerSource ledger;
  std::string policy;
  std::string against;
  std::string fail_on = "any";
  bool json = false;
};

int complain(const std::string& message) {
  std::fprintf(stderr, "sallyport: %s\n", message.c_str());
  return kExitError;
}

FailOn fail_on_of(const std::string& word) {
  if (word == "stricter") return FailOn::kStricter;
  if (word == "looser") return FailOn::kLooser;
  return word == "none" ? FailOn::kNone : FailOn::kAny;
}

int run(const ReplayOptions& options) {
  const auto range = range_of(options.ledger);
  if (!range) return complain(range.error().message);
  const auto now = load_told(options.policy);
  const auto then = options.against.empty() ? nullptr : load_told(options.against);
  if (!now || (!then && !options.against.empty())) return kExitError;
  auto reader = LedgerReader::open(options.ledger.path);
  if (!reader) return complain(reader.error().message);
  tell_forgotten(*reader, *range);
  Replay replay(now, then);
  const auto reading = reader->for_each(with_past(*range, replay.past_wanted()), [&](const LedgerRow& row) {
    is_before(row, *range) ? replay.fill(row) : replay.add(row);
    return true;
  });
  if (!reading) return complain(reading.error().message);
  const ReplaySubject subject{title_of(options.policy, *now),
                              then ? title_of(options.against, *then) : "what was recorded", reading->damaged};
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
  command->add_option("--ledger", options->ledger.path, "file of the ledger")->required();
  command->add_option("--against", options->against, "compare with this policy, not with what was recorded");
  add_range_options(*command, options->ledger);
  command->add_option("--fail-on", options->fail_on, "which changes are unexpected")
      ->check(CLI::IsMember({"any", "stricter", "looser", "none"}))
      ->capture_default_str();
  command->add_flag("--json", options->json, "one JSON object");
  command->add_option("FILE", options->policy, "policy file, or folder of files that are one policy")->required();
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace sallyport::cli
