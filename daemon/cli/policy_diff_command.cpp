#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "daemon/cli/commands.h"
#include "daemon/cli/policy_commands.h"
#include "policy/loader.h"
#include "policy/policy_diff.h"

namespace sallyport::cli {
namespace {

struct DiffOptions {
  std::string before;
  std::string after;
  bool json = false;
};

/// Null, and told on standard error, where it does not load.
std::shared_ptr<const policy::Policy> load(const std::string& file) {
  const policy::LoadResult result = policy::load_policy_file(file);
  if (!result.policy) std::fputs(policy::to_text(result).c_str(), stderr);
  return result.policy;
}

int diff(const DiffOptions& options) {
  const auto before = load(options.before);
  const auto after = load(options.after);
  if (!before || !after) return kExitError;
  const auto changes = policy::diff_policies(before->text(), after->text());
  const std::string report =
      options.json ? policy::diff_json(changes, {options.before, before->digest()}, {options.after, after->digest()})
                   : policy::diff_text(changes);
  std::fputs(report.c_str(), stdout);
  return changes.empty() ? kExitClean : kExitFindings;
}

}  // namespace

void add_policy_diff_command(CLI::App& policy, int& exit_status) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* command = policy.add_subcommand(
      "diff", "Say in words what changed. Exit status 0: same effect, 1: they differ, 2: one does not load");
  command->add_flag("--json", options->json, "report as JSON");
  command->add_option("OLD", options->before, "policy file, or folder of files that are one policy")->required();
  command->add_option("NEW", options->after, "policy file, or folder of files that are one policy")->required();
  command->callback([options, &exit_status] { exit_status = diff(*options); });
}

}  // namespace sallyport::cli
