#include "daemon/cli/shadow_evidence.h"

#include <algorithm>
#include <utility>

#include "daemon/cli/replay.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kExamplesMax = 3;

std::int64_t day_of(Timestamp time) {
  return std::chrono::floor<std::chrono::days>(time.time_since_epoch()).count();
}

}  // namespace

std::uint64_t ShadowEvidence::most_a_day() const {
  std::uint64_t most = 0;
  for (const auto& [day, matches] : days) most = std::max(most, matches);
  return most;
}

EvidenceCollector::EvidenceCollector(std::shared_ptr<const ActivePolicy> active, const std::vector<std::string>& rules)
    : active_(std::move(active)), memory_(active_->policy->new_memory()) {
  for (const std::string& rule : rules) rules_[rule];
}

void EvidenceCollector::fill(const LedgerRow& row) {
  judge(*active_, *memory_, row);
}

void EvidenceCollector::add(const LedgerRow& row) {
  const policy::Recollection recalled = judge(*active_, *memory_, row);
  if (rows_++ == 0) first_ = row.event.time;
  last_ = row.event.time;
  for (const RuleMatch& match : recalled.verdict.matches) {
    const auto rule = rules_.find(match.rule);
    if (rule != rules_.end()) add_match(rule->second, match, row, recalled.verdict.action);
  }
  for (const std::string& name : recalled.unknown) {
    const auto rule = rules_.find(name);
    if (rule != rules_.end()) ++rule->second.unknown;
  }
}

void EvidenceCollector::add_match(ShadowEvidence& evidence, const RuleMatch& match, const LedgerRow& row,
                                  Action otherwise) const {
  ++evidence.matched;
  evidence.not_inspected += match.because_not_inspected ? 1 : 0;
  evidence.new_blocks += match.action == Action::kBlock && otherwise < Action::kBlock ? 1 : 0;
  evidence.new_alerts_only += match.action == Action::kAlert && otherwise < Action::kAlert ? 1 : 0;
  evidence.new_alerts += otherwise < Action::kAlert ? 1 : 0;
  ++evidence.days[day_of(row.event.time)];
  evidence.sender_addresses.insert(row.event.transfer.facts.sender.address);
  const TransferFacts& facts = row.event.transfer.facts;
  for (const std::string& place : place_names(*active_->policy, facts.sender.address)) ++evidence.senders[place];
  for (const std::string& place : place_names(*active_->policy, facts.receiver.address)) ++evidence.receivers[place];
  if (evidence.examples.size() >= kExamplesMax) return;
  evidence.examples.push_back({row.id, row.event.time, transfer_text(row.event), match.reason});
}

}  // namespace sallyport::cli
