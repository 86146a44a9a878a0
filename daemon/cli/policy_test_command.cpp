#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "daemon/cli/commands.h"
#include "daemon/cli/policy_commands.h"
#include "policy/loader.h"
#include "policy/test_report.h"

namespace sallyport::cli {
namespace {

struct TestOptions {
  std::vector<std::string> files;
  std::string names;
  std::string junit;
  unsigned min_coverage = 0;
  bool json = false;
  bool verbose = false;
};

/// The reports of the files that load; of the others the faults go to standard error.
std::vector<policy::TestReport> run(const TestOptions& options) {
  std::optional<policy::Glob> names;
  if (!options.names.empty()) names.emplace(options.names);
  std::vector<policy::TestReport> reports;
  for (const std::string& file : options.files) {
    const policy::LoadResult loaded = policy::load_policy_file(file);
    if (!loaded.policy) {
      std::fputs(policy::to_text(loaded).c_str(), stderr);
      continue;
    }
    reports.push_back(policy::run_tests(loaded.policy, *loaded.document, names));
    reports.back().file = file;
  }
  return reports;
}

void tell(const TestOptions& options, const std::vector<policy::TestReport>& reports) {
  if (options.json) {
    std::fputs(policy::to_json(reports).c_str(), stdout);
    return;
  }
  for (const policy::TestReport& report : reports) {
    if (options.files.size() > 1) std::printf("%s\n", report.file.c_str());
    std::fputs(policy::to_text(report, options.verbose).c_str(), stdout);
  }
}

bool write_junit(const std::string& path, const std::vector<policy::TestReport>& reports) {
  std::ofstream file(path, std::ios::binary);
  file << policy::to_junit(reports);
  file.close();
  if (file) return true;
  std::fprintf(stderr, "%s: cannot be written\n", path.c_str());
  return false;
}

/// Whether as many rules matched in a test as were asked for.
bool covers(const TestOptions& options, const policy::TestReport& report) {
  const unsigned percent = report.coverage.percent();
  if (percent >= options.min_coverage) return true;
  std::fprintf(stderr, "%s: %u %% of the rules are covered, %u %% are asked for\n", report.file.c_str(), percent,
               options.min_coverage);
  return false;
}

int test(const TestOptions& options) {
  const std::vector<policy::TestReport> reports = run(options);
  tell(options, reports);
  const bool written = options.junit.empty() || write_junit(options.junit, reports);
  if (!written || reports.size() < options.files.size()) return kExitError;
  int status = kExitClean;
  for (const policy::TestReport& report : reports) {
    if (!covers(options, report) || report.failed() != 0) status = kExitFindings;
  }
  return status;
}

}  // namespace

void add_policy_test_command(CLI::App& policy, int& exit_status) {
  auto options = std::make_shared<TestOptions>();
  CLI::App* command = policy.add_subcommand(
      "test", "Run the tests that stand in policies. Exit status 0: all pass, 1: some do not, 2: does not load");
  command->add_flag("--json", options->json, "report as JSON");
  command->add_option("--junit", options->junit, "write the report as JUnit XML to this file too");
  command->add_flag("-v,--verbose", options->verbose, "tell what the policy said in each step");
  command->add_option("--run", options->names, "only tests whose name fits this pattern, such as '*plate*'");
  command
      ->add_option("--min-coverage", options->min_coverage, "fail where fewer percent of the rules matched in a test")
      ->check(CLI::Range(0, 100));
  command->add_option("FILE", options->files, "policy files, or folders of files that are one policy")->required();
  command->callback([options, &exit_status] { exit_status = test(*options); });
}

}  // namespace sallyport::cli
