#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "daemon/cli/commands.h"
#include "daemon/cli/ledger_source.h"
#include "daemon/cli/loaded_policy.h"
#include "daemon/cli/policy_commands.h"
#include "daemon/cli/shadow_report.h"
#include "policy/compiled_policy.h"
#include "policy/suggest.h"

namespace sallyport::cli {
namespace {

struct PromoteOptions {
  LedgerSource ledger;
  std::string policy;
  std::vector<std::string> rules;
  bool json = false;
};

int complain(const std::string& message) {
  std::fprintf(stderr, "sallyport: %s\n", message.c_str());
  return kExitError;
}

std::vector<std::string> shadow_rules(const policy::Policy& policy) {
  std::vector<std::string> names;
  for (const policy::CompiledRule& rule : policy.compiled().rules) {
    if (rule.shadow()) names.push_back(rule.name);
  }
  return names;
}

/// The rules asked for, or all. Says of each that is none what is wrong with it.
Result<std::vector<std::string>> chosen_rules(const PromoteOptions& options, const policy::Policy& policy) {
  const std::vector<std::string> shadows = shadow_rules(policy);
  if (shadows.empty()) return fail(ErrorCode::kInvalidArgument, options.policy + ": no rule is in state shadow");
  if (options.rules.empty()) return shadows;
  const std::vector<std::string_view> words(shadows.begin(), shadows.end());
  std::string faults;
  for (const std::string& rule : options.rules) {
    if (std::find(shadows.begin(), shadows.end(), rule) != shadows.end()) continue;
    const std::string nearest = policy::nearest(rule, words);
    faults += (faults.empty() ? "" : "; ") + options.policy + ": no shadow rule is named '" + rule + '\'';
    if (!nearest.empty()) faults += ", did you mean '" + nearest + "'?";
  }
  if (!faults.empty()) return fail(ErrorCode::kInvalidArgument, faults);
  return options.rules;
}

int run(const PromoteOptions& options) {
  const auto range = range_of(options.ledger);
  if (!range) return complain(range.error().message);
  const auto active = load_told(options.policy);
  if (!active) return kExitError;
  const auto rules = chosen_rules(options, *active->policy);
  if (!rules) return complain(rules.error().message);
  auto reader = LedgerReader::open(options.ledger.path);
  if (!reader) return complain(reader.error().message);
  tell_forgotten(*reader, *range);
  EvidenceCollector evidence(active, *rules);
  const auto reading = reader->for_each(with_past(*range, evidence.past_wanted()), [&](const LedgerRow& row) {
    is_before(row, *range) ? evidence.fill(row) : evidence.add(row);
    return true;
  });
  if (!reading) return complain(reading.error().message);
  const auto report = options.json ? shadow_json : shadow_text;
  std::fputs(report(evidence, title_of(options.policy, *active), reading->damaged).c_str(), stdout);
  return reading->damaged > 0 ? kExitError : kExitClean;
}

}  // namespace

void add_policy_promote_command(CLI::App& policy, int& exit_status) {
  auto options = std::make_shared<PromoteOptions>();
  CLI::App* command = policy.add_subcommand(
      "promote", "The evidence for promoting shadow rules: what each would have done to the transfers in a ledger");
  command->add_option("--ledger", options->ledger.path, "file of the ledger")->required();
  add_range_options(*command, options->ledger);
  command->add_option("--rule", options->rules, "only this shadow rule; may be given several times");
  command->add_flag("--json", options->json, "one JSON object");
  command->add_option("FILE", options->policy, "policy file")->required();
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace sallyport::cli
