#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/app/memory_refill.h"
#include "daemon/app/policy_loading.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/ledger_source.h"
#include "daemon/cli/policy_commands.h"
#include "daemon/cli/recorded_event.h"
#include "daemon/ledger/ledger_reader.h"
#include "policy/explanation.h"
#include "policy/loader.h"
#include "policy/scenario_loader.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kInputBytesMax = 16U << 20;  // an event with all its parts has less than 1 MiB

struct ExplainOptions {
  std::string policy;
  std::string transfer;
  std::string transfer_file;
  std::string event_file;
  std::string ledger = kDefaultLedger;
  std::int64_t row = 0;  // numbers of rows begin at 1
  bool json = false;
};

/// A transfer to explain, and what is to be said beside it.
struct Asked {
  policy::PlayedTransfer played;
  std::vector<std::string> notes;
  std::shared_ptr<const ActivePolicy> active = nullptr;  ///< with what its rules had counted; null: nothing is known
};

/// The whole of a file, or of standard input for "-"; nothing where it cannot be read or is too large.
std::optional<std::string> read_all(const std::string& path) {
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream& input = path == "-" ? std::cin : file;
  std::string text(kInputBytesMax + 1, '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(input.gcount()));
  if (!input.bad() && input.eof() && text.size() <= kInputBytesMax) return text;
  std::fprintf(stderr, "%s: cannot be read, or is larger than 16 MiB\n", path.c_str());
  return std::nullopt;
}

std::optional<Asked> from_scenario(std::string text, const std::string& name, const policy::PolicyDocument& document) {
  policy::ScenarioResult result = policy::load_scenario_text(std::move(text), name, document);
  for (const policy::Diagnostic& fault : result.diagnostics) std::fputs(policy::to_text(fault).c_str(), stderr);
  if (!result.played) return std::nullopt;
  return Asked{std::move(*result.played), {}};
}

/// The only line of the text that is not empty.
std::optional<std::string> only_line(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(" \r\n");
  if (begin == std::string::npos) return std::nullopt;
  const std::size_t end = text.find('\n', begin);
  if (end != std::string::npos && text.find_first_not_of(" \r\n", end) != std::string::npos) return std::nullopt;
  return text.substr(begin, end - begin);
}

/// "then decided: block, by another policy than this".
std::string decision_note(std::string_view action, bool same_policy) {
  return "then decided: " + std::string(action.empty() ? "not told" : action) +
         (same_policy ? ", by this policy" : ", by another policy than this");
}

std::optional<Asked> from_event(const std::string& text, const std::string& name, const policy::Policy& policy) {
  const auto line = only_line(text);
  if (!line) {
    std::fprintf(stderr,
                 "%s: one event is needed, one line: choose it, such as with grep, and pass it with --event -\n",
                 name.c_str());
    return std::nullopt;
  }
  auto event = read_ocsf_event(*line);
  if (!event) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), event.error().message.c_str());
    return std::nullopt;
  }
  event->notes.push_back(decision_note(event->action, event->policy_digest == policy.digest()));
  return Asked{std::move(event->played), std::move(event->notes)};
}

std::nullopt_t complain(const std::string& message) {
  std::fprintf(stderr, "sallyport: %s\n", message.c_str());
  return std::nullopt;
}

/// A row of the ledger, with what the rules had counted before it.
std::optional<Asked> from_row(const ExplainOptions& options, const policy::LoadResult& loaded) {
  auto reader = LedgerReader::open(options.ledger);
  if (!reader) return complain(reader.error().message);
  const auto row = reader->find(options.row);
  if (!row) return complain(row.error().message);
  const PolicyLoad load = with_sets(loaded);
  for (const std::string& diagnostic : load.diagnostics) {
    if (!load.active) std::fprintf(stderr, "%s\n", diagnostic.c_str());
  }
  if (!load.active) return std::nullopt;
  const auto refill = refill_memory_before(*load.active, *reader, *row);
  if (!refill) return complain(refill.error().message);
  const Event& event = row->event;
  Asked asked{{event.transfer, compared_anew(*load.active, *row), true}, {}, load.active};
  asked.notes = notes_of(asked.played);
  asked.notes.push_back(
      decision_note(to_string(event.verdict.action), event.verdict.policy_digest == loaded.policy->digest()));
  if (load.active->memory->counts()) {
    asked.notes.push_back("rules that count know of the " + std::to_string(refill->rows) +
                          " transfers that the ledger has of the time before");
  }
  if (refill->unlooked > 0) {
    asked.notes.push_back("of " + std::to_string(refill->unlooked) +
                          " of their answers nobody had looked then: they count for nothing");
  }
  return asked;
}

std::optional<Asked> read_transfer(const ExplainOptions& options, const policy::LoadResult& loaded) {
  if (!options.transfer.empty()) return from_scenario(options.transfer, "--transfer", *loaded.document);
  if (options.row != 0) return from_row(options, loaded);
  const std::string& path = options.event_file.empty() ? options.transfer_file : options.event_file;
  auto text = read_all(path);
  if (!text) return std::nullopt;
  if (options.event_file.empty()) return from_scenario(std::move(*text), path, *loaded.document);
  return from_event(*text, path, *loaded.policy);
}

int explain(const ExplainOptions& options) {
  const policy::LoadResult loaded = policy::load_policy_file(options.policy);
  if (!loaded.policy) {
    std::fputs(policy::to_text(loaded).c_str(), stderr);
    return kExitError;
  }
  auto asked = read_transfer(options, loaded);
  if (!asked) return kExitError;
  policy::Explanation explanation = policy::explain_transfer(loaded.policy, *loaded.document, asked->played,
                                                             asked->active ? asked->active->memory : nullptr);
  explanation.notes.insert(explanation.notes.end(), asked->notes.begin(), asked->notes.end());
  const std::string text =
      options.json ? policy::to_json(explanation).dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n'
                   : policy::to_text(explanation);
  std::fputs(text.c_str(), stdout);
  return kExitClean;
}

}  // namespace

void add_policy_explain_command(CLI::App& policy, int& exit_status) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command = policy.add_subcommand(
      "explain",
      "Tell what a policy says of one transfer, why, and what would change it. Exit status 0: told, 2: "
      "policy or transfer does not load");
  CLI::Option_group* source = command->add_option_group("source", "one of");
  source->add_option("--transfer", options->transfer, "the transfer, as in a test: '{from: agency, to: 198.51.100.7}'");
  source->add_option("--transfer-file", options->transfer_file, "file with such a transfer; - for standard input");
  source->add_option("--event", options->event_file, "file with one event as OCSF JSON; - for standard input");
  source->add_option("--row", options->row, "number of a row of the ledger, as 'sallyport ledger show' tells it")
      ->check(CLI::PositiveNumber);
  source->require_option(1);
  command->add_option("--ledger", options->ledger, "file of the ledger, for --row")->capture_default_str();
  command->add_flag("--json", options->json, "tell it as JSON");
  command->add_option("POLICY", options->policy, "policy file, or folder of files that are one policy")->required();
  command->callback([options, &exit_status] { exit_status = explain(*options); });
}

}  // namespace sallyport::cli
