#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "daemon/cli/commands.h"
#include "daemon/cli/policy_commands.h"
#include "daemon/frontends/nfqueue/nfqueue_source.h"
#include "daemon/frontends/tap/pcap_file.h"
#include "daemon/frontends/tap/pcap_live.h"
#include "daemon/frontends/tproxy/tproxy_source.h"
#include "policy/check_report.h"

namespace sallyport::cli {
namespace {

struct CheckOptions {
  std::string file;
  std::string format = "text";
  std::string front_end;
  bool strict = false;
};

/// Of a front end that nobody started, with the settings it has where the configuration says nothing.
std::optional<Capabilities> capabilities_of(const std::string& front_end) {
  if (front_end == "tap") return PcapLive(PcapLiveConfig{}).capabilities();
  if (front_end == "nfqueue") return NfqueueSource(NfqueueConfig{}).capabilities();
  if (front_end == "tproxy") return TproxySource(TproxyConfig{}).capabilities();
  if (front_end == "pcap") return ObservingFlowControl().capabilities();
  return std::nullopt;
}

bool was_read(const policy::LoadResult& result) {
  const auto unreadable = [](const policy::Diagnostic& diagnostic) { return diagnostic.code == "unreadable"; };
  return std::none_of(result.diagnostics.begin(), result.diagnostics.end(), unreadable);
}

int check(const CheckOptions& options) {
  const policy::LoadOptions checked_for{capabilities_of(options.front_end), std::chrono::system_clock::now()};
  const policy::LoadResult result = policy::load_policy_file(options.file, checked_for);
  const bool json = options.format == "json";
  std::fputs((json ? policy::check_json(result, options.file) : policy::check_text(result)).c_str(), stdout);
  if (!was_read(result)) return kExitError;
  if (!result.policy) return kExitFindings;
  if (!options.strict || result.warnings() == 0) return kExitClean;
  if (!json) std::fputs("warnings fail, for --strict is given\n", stdout);
  return kExitFindings;
}

}  // namespace

void add_policy_check_command(CLI::App& policy, int& exit_status) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = policy.add_subcommand(
      "check",
      "Tell every fault of a policy with its place. Exit status 0: loads, 1: does not load, 2: cannot be read");
  command->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command
      ->add_option("--front-end", options->front_end, "tell also what this one cannot do: tap, nfqueue, tproxy or pcap")
      ->check(CLI::IsMember({"tap", "nfqueue", "tproxy", "pcap"}));
  command->add_flag("--strict", options->strict, "warnings make exit status 1 too");
  command->add_option("FILE", options->file, "policy file, or folder of files that are one policy")->required();
  command->callback([options, &exit_status] { exit_status = check(*options); });
}

}  // namespace sallyport::cli
