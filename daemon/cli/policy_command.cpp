#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "daemon/cli/commands.h"
#include "daemon/cli/policy_commands.h"
#include "policy/json_schema.h"
#include "policy/loader.h"

namespace sallyport::cli {
namespace {

int print(const std::string& file) {
  const policy::LoadResult result = policy::load_policy_file(file);
  if (!result.policy) {
    std::fputs(policy::to_text(result).c_str(), stderr);
    return kExitFindings;
  }
  std::fputs(result.policy->text().c_str(), stdout);
  return kExitClean;
}

void add_print_command(CLI::App& policy, int& exit_status) {
  auto file = std::make_shared<std::string>();
  CLI::App* command = policy.add_subcommand("print", "Show the effective policy: defaults filled in, normalised");
  command->add_option("FILE", *file, "policy file, or folder of files that are one policy")->required();
  command->callback([file, &exit_status] { exit_status = print(*file); });
}

}  // namespace

void add_policy_command(CLI::App& app, int& exit_status) {
  CLI::App* command = app.add_subcommand("policy", "Check, test, explain, replay and show policies");
  command->require_subcommand(1);
  add_policy_check_command(*command, exit_status);
  add_print_command(*command, exit_status);
  add_policy_fmt_command(*command, exit_status);
  add_policy_diff_command(*command, exit_status);
  add_policy_test_command(*command, exit_status);
  add_policy_explain_command(*command, exit_status);
  add_policy_promote_command(*command, exit_status);
  add_policy_replay_command(*command, exit_status);
  add_policy_nft_command(*command, exit_status);
  command->add_subcommand("schema", "Print the JSON Schema (draft-07) of the language, for editors")->callback([] {
    std::fputs(policy::json_schema().c_str(), stdout);
  });
}

}  // namespace sallyport::cli
