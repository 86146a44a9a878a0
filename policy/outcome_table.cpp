#include "policy/outcome_table.h"

#include <algorithm>

#include "policy/values.h"

namespace sallyport::policy {
namespace {

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size()), ' ');
  return text;
}

/// "  on_gap  alert", and the rules for which `differs` says what they do instead.
template <class Differs>
std::string line(std::string_view key, const std::string& usual, const std::vector<RuleOutcomes>& rules,
                 const Differs& differs) {
  std::string others;
  for (const RuleOutcomes& rule : rules) {
    const std::string text = differs(rule);
    if (text != usual) others += (others.empty() ? "" : ", ") + rule.rule + ": " + text;
  }
  const std::string start = "  " + padded(std::string(key), 22) + ' ';
  return start + (others.empty() ? usual : padded(usual, 6) + ' ' + others) + '\n';
}

}  // namespace

std::vector<RuleOutcomes> outcomes_of(const PolicyDocument& policy) {
  std::vector<RuleOutcomes> all;
  for (const RuleDocument& rule : policy.rules) {
    if (rule.state.value == RuleState::kOff) continue;
    const Action most = rule.state.value == RuleState::kAlert ? Action::kAlert : Action::kBlock;
    RuleOutcomes of_rule{rule.name.value, rule.state.value, policy.defaults, policy.deadline};
    for (std::size_t i = 0; i < kOutcomeCount; ++i) {
      if (rule.outcomes[i]) of_rule.outcomes[i] = rule.outcomes[i]->value;
      of_rule.outcomes[i] = std::min(of_rule.outcomes[i], most);
    }
    if (rule.deadline) of_rule.deadline = rule.deadline->value;
    all.push_back(of_rule);
  }
  return all;
}

std::string outcome_table(const PolicyDocument& policy) {
  const std::vector<RuleOutcomes> rules = outcomes_of(policy);
  if (rules.empty()) return {};
  std::string text = "where a rule's question cannot be answered (rules named: where they differ):\n";
  for (std::size_t i = 0; i < kOutcomeCount; ++i) {
    const std::string usual(to_string(policy.defaults[i]));
    const auto of_rule = [i](const RuleOutcomes& rule) { return std::string(to_string(rule.outcomes[i])); };
    text += line(kOutcomeKeys[i].key, usual, rules, of_rule);
  }
  const auto deadline = [](const RuleOutcomes& rule) { return duration_text(rule.deadline); };
  return text + line("deadline", duration_text(policy.deadline), rules, deadline);
}

}  // namespace sallyport::policy
