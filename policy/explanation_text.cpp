#include <algorithm>
#include <array>

#include "policy/explanation.h"
#include "policy/trace_text.h"

namespace sallyport::policy {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kChangesTold = 5;  // of each kind, in text: more is no help

std::string_view interest_word(Interest interest) {
  static constexpr std::array<std::string_view, 4> kWords{"nothing", "account", "digest", "content"};
  return kWords[static_cast<std::size_t>(interest)];
}

std::vector<std::string_view> finding_words(FindingSet findings) {
  std::vector<std::string_view> words;
  if ((findings & bit(FindingKind::kFace)) != 0) words.emplace_back("faces");
  if ((findings & bit(FindingKind::kPlate)) != 0) words.emplace_back("plates");
  if ((findings & bit(FindingKind::kFingerprint)) != 0) words.emplace_back("fingerprints");
  if ((findings & bit(FindingKind::kCamera)) != 0) words.emplace_back("cameras");
  return words;
}

std::string actions_text(const Explanation& explanation) {
  const std::string text(to_string(explanation.verdict.action));
  const bool certain = explanation.action_most == explanation.verdict.action;
  return certain ? text : text + " or " + std::string(to_string(explanation.action_most));
}

std::string unknown_text(const std::vector<std::string>& rules) {
  std::string text;
  for (const std::string& rule : rules) text += (text.empty() ? "unknown, for nobody looked then: " : ", ") + rule;
  return text.empty() ? text : text + '\n';
}

std::string verdict_text(const Explanation& explanation) {
  const Verdict& verdict = explanation.verdict;
  std::string text = "verdict: " + actions_text(explanation);
  const RuleMatch* const deciding = verdict.deciding();
  if (deciding != nullptr) {
    text += ", severity " + std::string(to_string(verdict.severity)) + "; rule " + deciding->rule +
            " decides: " + deciding->reason;
  } else {
    text += "; no rule that acts matches";
  }
  text += '\n' + unknown_text(explanation.unknown);
  if (verdict.not_inspected) text += "not inspected: " + std::string(to_string(*verdict.not_inspected)) + '\n';
  if (deciding == nullptr && verdict.record) text += "recorded as an event\n";
  return text;
}

std::string cost_text(const Cost& cost) {
  const Demand& demand = cost.demand;
  std::string text = "  " + std::string(cost.moment) + ": " + std::string(interest_word(demand.interest));
  std::string findings;
  for (const std::string_view word : finding_words(demand.findings)) {
    findings += (findings.empty() ? "" : ", ") + std::string(word);
  }
  if (!findings.empty()) text += "; look for " + findings;
  if (demand.may_block) text += "; its end is withheld";
  if (!findings.empty()) text += "; verdict within " + duration_text(demand.deadline);
  return text + '\n';
}

std::string changes_text(std::string_view what, const std::vector<Change>& changes) {
  if (changes.empty()) return "no change of one " + std::string(what) + " would make another verdict\n";
  std::string text = "another verdict by a change of one " + std::string(what) + ", nearest first:\n";
  for (std::size_t i = 0; i < std::min(kChangesTold, changes.size()); ++i) {
    text += "  " + std::string(to_string(changes[i].action)) + " if " + changes[i].words + '\n';
  }
  if (changes.size() > kChangesTold) text += "  and " + std::to_string(changes.size() - kChangesTold) + " more\n";
  return text;
}

Json changes_json(const std::vector<Change>& changes) {
  Json json = Json::array();
  for (const Change& change : changes) json.push_back({{"verdict", to_string(change.action)}, {"if", change.words}});
  return json;
}

Json cost_json(const Cost& cost) {
  return {{"when", cost.moment},
          {"interest", interest_word(cost.demand.interest)},
          {"findings", finding_words(cost.demand.findings)},
          {"may_block", cost.demand.may_block},
          {"deadline_ms", cost.demand.deadline.count()}};
}

}  // namespace

std::string to_text(const Explanation& explanation) {
  std::string text = verdict_text(explanation) + '\n';
  for (const RuleTrace& rule : explanation.rules) text += headline(rule) + '\n' + to_text(rule, 2);
  for (const std::string& rule : explanation.off) text += "rule " + rule + " is off and was not asked\n";
  text += "\nwhat the policy wants to know of it:\n";
  for (const Cost& cost : explanation.costs) text += cost_text(cost);
  text += '\n' + changes_text("fact", explanation.by_facts);
  text += changes_text("rule's state", explanation.by_policy);
  if (!explanation.notes.empty()) text += "\nto bear in mind:\n";
  for (const std::string& note : explanation.notes) text += "  " + note + '\n';
  return text;
}

Json to_json(const Explanation& explanation) {
  const Verdict& verdict = explanation.verdict;
  Json json = {{"policy", explanation.policy->name()},    {"digest", explanation.policy->digest()},
               {"verdict", to_string(verdict.action)},    {"verdict_most", to_string(explanation.action_most)},
               {"severity", to_string(verdict.severity)}, {"record", verdict.record}};
  json["deciding_rule"] = verdict.deciding() == nullptr ? Json() : Json(verdict.deciding()->rule);
  json["unknown"] = explanation.unknown;
  json["not_inspected"] = verdict.not_inspected ? Json(to_string(*verdict.not_inspected)) : Json();
  json["rules"] = Json::array();
  for (const RuleTrace& rule : explanation.rules) json["rules"].push_back(to_json(rule));
  json["off"] = explanation.off;
  json["cost"] = Json::array();
  for (const Cost& cost : explanation.costs) json["cost"].push_back(cost_json(cost));
  json["flips"] = changes_json(explanation.by_facts);
  json["flips_of_policy"] = changes_json(explanation.by_policy);
  json["notes"] = explanation.notes;
  return json;
}

}  // namespace sallyport::policy
