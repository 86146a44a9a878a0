#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>

#include "daemon/app/control_client.h"
#include "daemon/cli/commands.h"

namespace sallyport::cli {
namespace {

constexpr const char* kDefaultSocket = "/run/sallyport/control.sock";

void complain(const Error& error) {
  std::fprintf(stderr, "sallyport: %s\n", error.message.c_str());
}

std::string to_text(Timestamp time) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

void show_policy(const PolicyStatus& policy) {
  std::printf("policy      %s (sha256 %s), %u rules, since %s\n", policy.name.c_str(), policy.digest.c_str(),
              policy.rules, to_text(policy.since).c_str());
  if (!policy.replaced.empty()) std::printf("replaced    sha256 %s\n", policy.replaced.c_str());
  if (!policy.last_error.empty()) {
    std::printf("reload      FAILED: %s (%llu failures; the policy above stays in force)\n", policy.last_error.c_str(),
                static_cast<unsigned long long>(policy.reload_failures));
  }
}

int status(const std::string& socket) {
  auto client = ControlClient::connect(socket);
  if (!client) return complain(client.error()), kExitError;
  const auto answer = client->status();
  if (!answer) return complain(answer.error()), kExitError;
  std::printf("sallyportd  %s, process %u, since %s\n", answer->version.c_str(), answer->pid,
              to_text(answer->started).c_str());
  std::printf("sensor      %s, front end %s\n", answer->sensor.c_str(), answer->front_end.c_str());
  show_policy(answer->policy);
  for (const auto& [name, value] : answer->facts) std::printf("%-11s %s\n", name.c_str(), value.c_str());
  return kExitClean;
}

int reload(const std::string& socket) {
  auto client = ControlClient::connect(socket);
  if (!client) return complain(client.error()), kExitError;
  const auto outcome = client->reload();
  if (!outcome) return complain(outcome.error()), kExitError;
  for (const std::string& diagnostic : outcome->diagnostics) std::fprintf(stderr, "%s\n", diagnostic.c_str());
  show_policy(outcome->policy);
  return outcome->loaded ? kExitClean : kExitFindings;
}

int rearm(const std::string& socket, const std::string& rule) {
  auto client = ControlClient::connect(socket);
  if (!client) return complain(client.error()), kExitError;
  if (const Status done = client->rearm(rule); !done) return complain(done.error()), kExitFindings;
  std::printf("rule %s blocks again\n", rule.c_str());
  return kExitClean;
}

CLI::App* add(CLI::App& app, const std::shared_ptr<std::string>& socket, const char* name, const char* description) {
  CLI::App* command = app.add_subcommand(name, description);
  command->add_option("--socket", *socket, "control socket of the daemon")->capture_default_str();
  return command;
}

}  // namespace

void add_daemon_commands(CLI::App& app, int& exit_status) {
  auto socket = std::make_shared<std::string>(kDefaultSocket);
  add(app, socket, "status", "What the running daemon does and which policy is in force")
      ->callback([socket, &exit_status] { exit_status = status(*socket); });
  add(app, socket, "reload", "Load the policy anew; a bad one leaves the old in force. Exit status 1: not loaded")
      ->callback([socket, &exit_status] { exit_status = reload(*socket); });
  auto rule = std::make_shared<std::string>();
  CLI::App* const command = add(
      app, socket, "rearm", "Let a rule block again that its breaker has demoted. Exit status 1: it is not demoted");
  command->add_option("RULE", *rule, "name of the rule")->required();
  command->callback([socket, rule, &exit_status] { exit_status = rearm(*socket, *rule); });
}

}  // namespace sallyport::cli
