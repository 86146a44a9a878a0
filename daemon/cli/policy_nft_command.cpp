#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/cli/commands.h"
#include "daemon/cli/policy_commands.h"
#include "daemon/cli/steering_ruleset.h"
#include "policy/loader.h"

namespace sallyport::cli {
namespace {

struct NftOptions {
  SteeringOptions steering;
  std::string file = "/etc/sallyport/policy.yaml";
  std::string format = "nft";
  std::string fail = "closed";
  bool blocking_only = false;
};

/// IFNAMSIZ of the kernel, without its zero at the end.
constexpr std::size_t kInterfaceNameBytesMax = 15;

/// Empty where it is one: what CLI11 wants of a check.
std::string check_interface(const std::string& name) {
  const auto is_plain = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("._-@:").find(c) != std::string_view::npos;
  };
  const bool is_name = !name.empty() && name.size() <= kInterfaceNameBytesMax && name != "." && name != ".." &&
                       std::all_of(name.begin(), name.end(), is_plain);
  return is_name ? "" : "'" + name + "' is no name of an interface; patterns are not known here: give each by name";
}

/// The tables default, main and local are the host's own.
std::string check_table(const std::string& text) {
  const bool is_taken = text == "0" || text == "253" || text == "254" || text == "255";
  return is_taken
             ? "table " + text + " is the host's own: choose a number that `ip route show table N` knows nothing of"
             : "";
}

std::string ruleset(const Steering& steering, const NftOptions& options) {
  if (options.format == "nft") return nft_ruleset(steering, options.steering);
  const bool v4 = options.format == "iptables";
  return iptables_ruleset(steering, v4 ? policy::AddressFamily::kIpv4 : policy::AddressFamily::kIpv6, options.steering);
}

int print_rules(const NftOptions& options) {
  if (options.steering.fail_open && options.format != "nft") {
    std::fputs("--fail open: iptables drops what is steered while nobody listens; use --format nft, or --fail closed\n",
               stderr);
    return kExitError;
  }
  const policy::LoadResult result = policy::load_policy_file(options.file);
  if (!result.policy) {
    std::fputs(policy::to_text(result).c_str(), stderr);
    return kExitFindings;
  }
  const auto rules = options.blocking_only ? policy::SteeredRules::kBlocking : policy::SteeredRules::kAll;
  const Steering steering{{result.policy->name(), result.policy->digest()},
                          policy::steering(*result.policy, policy::AddressFamily::kIpv4, rules),
                          policy::steering(*result.policy, policy::AddressFamily::kIpv6, rules)};
  std::fputs(ruleset(steering, options).c_str(), stdout);
  return kExitClean;
}

void add_steering_options(CLI::App& command, SteeringOptions& steering) {
  command.add_option("--port", steering.port, "where the tproxy front end listens")
      ->check(CLI::Range(1, 65535))
      ->capture_default_str();
  command.add_option("--mark", steering.mark, "bits of the packet mark that nobody else uses (default 0x20000000)")
      ->check(CLI::Range(std::uint32_t{1}, std::numeric_limits<std::uint32_t>::max()));
  command.add_option("--table", steering.table, "number of a routing table that nobody else uses")
      ->check(CLI::Validator(check_table, "NUMBER"))
      ->capture_default_str();
  command
      .add_option("--interface", steering.interfaces, "only connections whose first packet enters here (default: all)")
      ->check(CLI::Validator(check_interface, "NAME"))
      ->allow_extra_args(false);
}

}  // namespace

void add_policy_nft_command(CLI::App& policy, int& exit_status) {
  auto options = std::make_shared<NftOptions>();
  CLI::App* command = policy.add_subcommand(
      "nft",
      "Print firewall rules that bring before the tproxy front end what the policy has an interest in. Exit status 0: "
      "printed, 1: the policy does not load");
  add_steering_options(*command, options->steering);
  command->add_option("--format", options->format, "nft, iptables or ip6tables")
      ->check(CLI::IsMember({"nft", "iptables", "ip6tables"}))
      ->capture_default_str();
  command->add_option("--fail", options->fail, "open or closed: whether they pass while nobody listens")
      ->check(CLI::IsMember({"open", "closed"}))
      ->capture_default_str();
  command->add_flag("--blocking-only", options->blocking_only, "leave out what only alerts, watches or records");
  command->add_option("FILE", options->file, "policy file, or folder of files that are one policy")
      ->capture_default_str();
  command->callback([options, &exit_status] {
    options->steering.fail_open = options->fail == "open";
    exit_status = print_rules(*options);
  });
}

}  // namespace sallyport::cli
