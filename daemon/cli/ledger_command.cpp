#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "daemon/cli/commands.h"
#include "daemon/cli/ledger_json.h"
#include "daemon/cli/ledger_source.h"
#include "daemon/cli/time_text.h"
#include "daemon/events/redaction.h"
#include "daemon/events/sentence.h"
#include "daemon/ledger/ledger_reader.h"
#include "policy/values.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kNameBytesShown = 80;
constexpr std::size_t kRulesBytesShown = 1000;

struct ShowOptions {
  LedgerSource ledger{kDefaultLedger, {}, {}};
  std::string sender;
  std::string receiver;
  std::string rule;
  std::string action;
  std::uint64_t limit = 100;
  bool json = false;
};

void complain(const std::string& message) {
  std::fprintf(stderr, "sallyport: %s\n", message.c_str());
}

bool contains(const policy::Cidr& network, const IpAddress& address) {
  for (unsigned bit = 0; bit < network.prefix; ++bit) {
    const unsigned differing = network.address.bytes()[bit / 8] ^ address.bytes()[bit / 8];
    if ((differing >> (7 - bit % 8) & 1) != 0) return false;
  }
  return true;
}

/// What is asked for, ready to be compared.
struct Wanted {
  LedgerRange range;
  std::optional<policy::Cidr> sender;
  std::optional<policy::Cidr> receiver;
  std::string rule;
  std::string action;

  bool accepts(const LedgerRow& row) const {
    const TransferFacts& facts = row.event.transfer.facts;
    const Verdict& verdict = row.event.verdict;
    const auto is_of_rule = [this](const RuleMatch& match) { return match.rule == rule; };
    return (!sender || contains(*sender, facts.sender.address)) &&
           (!receiver || contains(*receiver, facts.receiver.address)) &&
           (action.empty() || to_string(verdict.action) == action) &&
           (rule.empty() || std::any_of(verdict.matches.begin(), verdict.matches.end(), is_of_rule));
  }
};

Status read_network(const std::string& text, std::optional<policy::Cidr>& to) {
  if (text.empty()) return {};
  const auto network = policy::parse_cidr(text);
  if (!network) return fail(ErrorCode::kInvalidArgument, network.error().message);
  to = *network;
  return {};
}

Result<Wanted> wanted_by(const ShowOptions& options) {
  Wanted wanted;
  wanted.rule = options.rule;
  wanted.action = options.action;
  const auto range = range_of(options.ledger);
  if (!range) return tl::unexpected(range.error());
  wanted.range = *range;
  for (const Status& read :
       {read_network(options.sender, wanted.sender), read_network(options.receiver, wanted.receiver)}) {
    if (!read) return tl::unexpected(read.error());
  }
  return wanted;
}

std::string rules_text(const Verdict& verdict) {
  std::string text;
  for (const RuleMatch& match : verdict.matches) {
    text += (text.empty() ? "" : ", ") + match.rule + (match.shadow ? " (shadow)" : "");
  }
  return text.empty() ? "-" : text;
}

void print_row(const LedgerRow& row, bool json) {
  if (json) {
    std::printf("%s\n", row_to_json(row).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    return;
  }
  const Event& event = row.event;
  // A ledger may come from somebody else: what it holds is not let loose on a terminal.
  const std::string what = std::string(to_string(event.transfer.content)) + " '" +
                           safe_text(object_name(event), kNameBytesShown) + "' " + std::to_string(event.transfer.size) +
                           " B";
  std::printf("%8lld  %s  %-15s  %-22s  %-22s  %-36s  %s\n", static_cast<long long>(row.id),
              time_text(event.time).c_str(), std::string(to_string(event.disposition)).c_str(),
              event.transfer.facts.sender.to_string().c_str(), event.transfer.facts.receiver.to_string().c_str(),
              what.c_str(), safe_text(rules_text(event.verdict), kRulesBytesShown).c_str());
}

void print_heading() {
  std::printf("%8s  %-20s  %-15s  %-22s  %-22s  %-36s  %s\n", "ROW", "TIME", "DISPOSITION", "SENDER", "RECEIVER",
              "OBJECT", "RULES");
}

/// The newest rows, or all of them where the limit is zero; oldest first either way.
Result<LedgerReading> print_rows(LedgerReader& reader, const Wanted& wanted, const ShowOptions& options) {
  if (options.limit == 0) {
    return reader.for_each(wanted.range, [&](const LedgerRow& row) {
      if (wanted.accepts(row)) print_row(row, options.json);
      return true;
    });
  }
  std::vector<LedgerRow> newest;
  auto reading = reader.for_each_back(wanted.range, [&](const LedgerRow& row) {
    if (wanted.accepts(row)) newest.push_back(row);
    return newest.size() < options.limit;
  });
  for (auto row = newest.rbegin(); row != newest.rend(); ++row) print_row(*row, options.json);
  return reading;
}

int show(const ShowOptions& options) {
  const auto wanted = wanted_by(options);
  if (!wanted) return complain(wanted.error().message), kExitError;
  auto reader = LedgerReader::open(options.ledger.path);
  if (!reader) return complain(reader.error().message), kExitError;
  if (!options.json) print_heading();
  const auto reading = print_rows(*reader, *wanted, options);
  if (!reading) return complain(reading.error().message), kExitError;
  if (reading->damaged == 0) return kExitClean;
  complain(std::to_string(reading->damaged) + " rows are damaged and were left out");
  return kExitError;
}

}  // namespace

void add_ledger_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command = app.add_subcommand("ledger", "What has passed, and what was decided");
  command->require_subcommand(1);
  CLI::App* showing = command->add_subcommand("show", "Show transfers of the ledger, oldest first");
  showing->add_option("--ledger", options->ledger.path, "file of the ledger")->capture_default_str();
  add_range_options(*showing, options->ledger);
  showing->add_option("--sender", options->sender, "address or network of who had the bytes");
  showing->add_option("--receiver", options->receiver, "address or network of who got them");
  showing->add_option("--rule", options->rule, "only where this rule matched, in shadow too");
  showing->add_option("--action", options->action, "only with this verdict")
      ->check(CLI::IsMember({"allow", "alert", "block"}));
  showing->add_option("--limit", options->limit, "only the newest so many; 0: all")->capture_default_str();
  showing->add_flag("--json", options->json, "one JSON object a line, with all fields");
  showing->callback([options, &exit_status] { exit_status = show(*options); });
}

}  // namespace sallyport::cli
