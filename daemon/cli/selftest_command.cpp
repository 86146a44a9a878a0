#include <CLI/CLI.hpp>
#include <array>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "daemon/app/control_client.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/file_object.h"
#include "daemon/cli/http_upload.h"
#include "daemon/contract/selftest.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{64} << 20;
/// Between two questions to the daemon: well below what a verdict takes.
constexpr std::chrono::milliseconds kPollInterval{5};

struct SelftestOptions {
  std::string to;
  std::string canary = "/etc/sallyport/canary.jpg";
  std::string socket = "/run/sallyport/control.sock";
  unsigned timeout_seconds = 10;
};

int cannot(const std::string& message) {
  std::fprintf(stderr, "sallyport: %s\n", message.c_str());
  return kExitError;
}

int not_seen(const std::string& why) {
  std::printf("not seen: %s\n", why.c_str());
  return kExitFindings;
}

std::string new_nonce() {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::random_device random;
  std::string nonce;
  for (std::size_t i = 0; i < kSelftestNonceDigits; ++i) nonce += kDigits[random() % 16];
  return nonce;
}

/// Of a report without a sighting, in the time that there was.
std::string why_not(const CanaryReport& before, const CanaryReport& report) {
  if (report.passed && !report.not_inspected.empty()) {
    return "the transfer passed, and was not inspected: " + report.not_inspected;
  }
  if (report.passed && report.registered_in.empty()) {
    return "the transfer passed, as " + report.content + "; the file is in no canary set, nor near enough to one";
  }
  if (report.passed) return "the transfer passed, as " + report.content + ", and did not arrive as it was sent";
  if (report.packets == before.packets) {
    return "no packet has reached the daemon since: the way there passes no interface that it watches";
  }
  return "the daemon reads packets, but has not seen this transfer: the way there passes no interface that it watches, "
         "or it does not speak HTTP there";
}

class Selftest {
 public:
  Selftest(const SelftestOptions& options, ControlClient client, const ObjectBytes& canary)
      : options_(options), client_(std::move(client)), canary_(canary) {
    question_ = {new_nonce(), Sha256::of(canary.bytes())};
  }

  int run(const HttpUrl& url) {
    const auto before = client_.canary(question_);
    if (!before) return cannot(before.error().message);
    if (before->sets.empty()) {
      return not_seen("the policy in force has no canary set; give one under fingerprints 'canary: true'");
    }
    const std::string name = std::string(kSelftestName) + question_.nonce + ".jpg";
    const auto timeout = std::chrono::seconds(options_.timeout_seconds);
    const auto sent = upload(url, name, canary_.bytes(), timeout);
    if (!sent) return cannot(sent.error().message);
    if (sent->status != 0) std::fprintf(stderr, "the server answers %d\n", sent->status);
    return wait(*before, sent->last_byte_sent, std::chrono::steady_clock::now() + timeout);
  }

 private:
  int wait(const CanaryReport& before, Timestamp sent, std::chrono::steady_clock::time_point end) {
    for (;;) {
      const auto report = client_.canary(question_);
      if (!report) return cannot(report.error().message);
      if (!report->rule.empty()) return seen(*report, sent);
      if (std::chrono::steady_clock::now() >= end) return not_seen(why_not(before, *report));
      std::this_thread::sleep_for(kPollInterval);
    }
  }

  static int seen(const CanaryReport& report, Timestamp sent) {
    const auto delay = std::chrono::duration<double, std::milli>(report.told - sent).count();
    std::printf("seen after %.0f ms: %s %s, rule %s, event %s\n", delay, report.severity.c_str(), report.action.c_str(),
                report.rule.c_str(), report.event.c_str());
    return kExitClean;
  }

  const SelftestOptions& options_;
  ControlClient client_;
  const ObjectBytes& canary_;
  CanaryQuestion question_;
};

int run(const SelftestOptions& options) {
  const auto url = parse_http_url(options.to);
  if (!url) return cannot(url.error().message);
  const auto canary = read_file_object(options.canary, kFileBytesMax);
  if (!canary) return cannot(canary.error().message + "; `sallyport canary make` draws one");
  auto client = ControlClient::connect(options.socket);
  if (!client) return not_seen(client.error().message + "; is the daemon running?");
  return Selftest(options, std::move(*client), **canary).run(*url);
}

}  // namespace

void add_selftest_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<SelftestOptions>();
  CLI::App* command = app.add_subcommand(
      "selftest", "Send a canary from here and time the alert. Exit status 1: it was not seen, 2: it was not sent");
  command->add_option("--to", options->to, "http://HOST[:PORT][/PATH] that a gateway stands before")->required();
  command->add_option("--canary", options->canary, "image of a canary set")->capture_default_str();
  command->add_option("--timeout", options->timeout_seconds, "seconds to wait for the alert")
      ->check(CLI::Range(1U, 600U))
      ->capture_default_str();
  command->add_option("--socket", options->socket, "control socket of the daemon")->capture_default_str();
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace sallyport::cli
