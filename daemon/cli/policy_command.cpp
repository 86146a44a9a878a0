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

struct PolicyOptions {
  std::string file;
  std::string format = "text";
};

int check(const PolicyOptions& options) {
  const policy::LoadResult result = policy::load_policy_file(options.file);
  const std::string report = options.format == "json" ? policy::to_json(result.diagnostics) : policy::to_text(result);
  std::fputs(report.c_str(), stdout);
  if (options.format == "text" && report.empty()) std::printf("%s\n", policy::summary_line(0, 0).c_str());
  return result.policy ? kExitClean : kExitFindings;
}

int print(const PolicyOptions& options) {
  const policy::LoadResult result = policy::load_policy_file(options.file);
  if (!result.policy) {
    std::fputs(policy::to_text(result).c_str(), stderr);
    return kExitFindings;
  }
  std::fputs(result.policy->text().c_str(), stdout);
  return kExitClean;
}

}  // namespace

void add_policy_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<PolicyOptions>();
  CLI::App* command = app.add_subcommand("policy", "Check, test, explain, replay and show policies");
  command->require_subcommand(1);
  CLI::App* checking = command->add_subcommand(
      "check", "Tell every fault of a policy with its place. Exit status 0: loads, 1: does not load");
  checking->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  checking->add_option("FILE", options->file, "policy file")->required();
  checking->callback([options, &exit_status] { exit_status = check(*options); });
  CLI::App* printing = command->add_subcommand("print", "Show the effective policy: defaults filled in, normalised");
  printing->add_option("FILE", options->file, "policy file")->required();
  printing->callback([options, &exit_status] { exit_status = print(*options); });
  add_policy_test_command(*command, exit_status);
  add_policy_explain_command(*command, exit_status);
  add_policy_replay_command(*command, exit_status);
  command->add_subcommand("schema", "Print the JSON Schema (draft-07) of the language, for editors")->callback([] {
    std::fputs(policy::json_schema().c_str(), stdout);
  });
}

}  // namespace sallyport::cli
