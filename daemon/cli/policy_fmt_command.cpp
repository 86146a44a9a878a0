#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/cli/commands.h"
#include "daemon/cli/file_replacement.h"
#include "daemon/cli/policy_commands.h"
#include "policy/bundle.h"
#include "policy/format.h"
#include "policy/limits.h"
#include "policy/loader.h"
#include "policy/policy_file.h"

namespace sallyport::cli {
namespace {

struct FmtOptions {
  std::vector<std::string> paths;
  bool check = false;
};

/// A file, or a folder of files that are one policy.
struct Laid {
  std::vector<policy::PolicyFile> before;
  std::vector<policy::PolicyFile> after;
};

int complain(const std::string& message) {
  std::fprintf(stderr, "%s\n", message.c_str());
  return kExitError;
}

void tell(const std::vector<policy::Diagnostic>& diagnostics) {
  for (const policy::Diagnostic& diagnostic : diagnostics) std::fputs(policy::to_text(diagnostic).c_str(), stderr);
}

std::vector<policy::PolicyFile> read_files(const std::string& path) {
  const policy::SourceText none{std::string()};
  policy::Diagnostics diagnostics(path, none);
  std::vector<policy::PolicyFile> files;
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) {
    files = policy::read_folder(path, diagnostics);
  } else if (auto text = policy::read_policy_file(path, limits::kPolicyBytesMax)) {
    files.push_back({path, std::move(*text)});
  } else {
    diagnostics.error({}, "unreadable", "cannot be read: " + text.error());
  }
  tell(diagnostics.sorted());
  return diagnostics.error_count() == 0 ? std::move(files) : std::vector<policy::PolicyFile>();
}

/// Whether both load as the same policy, or neither loads: a file may be a part of one.
bool same_policy(const Laid& laid) {
  const auto before = policy::load_policy_texts(laid.before, "before").policy;
  const auto after = policy::load_policy_texts(laid.after, "after").policy;
  if (!before || !after) return !before && !after;
  return before->digest() == after->digest();
}

std::optional<Laid> lay_out(const std::string& path) {
  Laid laid{read_files(path), {}};
  for (const policy::PolicyFile& file : laid.before) {
    policy::FormatResult result = policy::format_policy(file.text, file.name);
    tell(result.diagnostics);
    if (result.text) laid.after.push_back({file.name, std::move(*result.text)});
  }
  if (laid.before.empty() || laid.after.size() != laid.before.size()) return std::nullopt;
  if (same_policy(laid)) return laid;
  complain(path + ": laid out anew this would be another policy: it is left as it is");
  return std::nullopt;
}

int write(const Laid& laid, bool check) {
  int status = kExitClean;
  for (std::size_t i = 0; i < laid.before.size(); ++i) {
    const policy::PolicyFile& file = laid.after[i];
    if (file.text == laid.before[i].text) continue;
    std::printf("%s\n", file.name.c_str());
    if (check) {
      status = kExitFindings;
    } else if (const auto replaced = replace_file(file.name, file.text); !replaced) {
      return complain(replaced.error().message);
    }
  }
  return status;
}

int fmt(const FmtOptions& options) {
  int status = kExitClean;
  for (const std::string& path : options.paths) {
    const auto laid = lay_out(path);
    status = std::max(status, laid ? write(*laid, options.check) : kExitError);
  }
  return status;
}

}  // namespace

void add_policy_fmt_command(CLI::App& policy, int& exit_status) {
  auto options = std::make_shared<FmtOptions>();
  CLI::App* command = policy.add_subcommand(
      "fmt",
      "Lay policy files out anew, comments kept, and print the names of those that changed. Exit status 0: done, 1: "
      "--check found some, 2: one does not parse or cannot be written");
  command->add_flag("--check", options->check, "change nothing; exit status 1 where something would change");
  command->add_option("FILE", options->paths, "policy files, or folders of them")->required();
  command->callback([options, &exit_status] { exit_status = fmt(*options); });
}

}  // namespace sallyport::cli
