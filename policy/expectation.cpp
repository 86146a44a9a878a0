#include "policy/expectation.h"

#include <algorithm>
#include <set>
#include <utility>

namespace sallyport::policy {
namespace {

constexpr std::size_t kGuessedRulesMax = 3;  // where the expectation names none: those that came closest

using Names = std::set<std::string>;

Names matched_rules(const Verdict& verdict) {
  Names names;
  for (const RuleMatch& match : verdict.matches) names.insert(match.rule);
  return names;
}

Names without(const Names& names, const Names& others) {
  Names left;
  std::set_difference(names.begin(), names.end(), others.begin(), others.end(), std::inserter(left, left.end()));
  return left;
}

Names expected_rules(const ExpectDocument& expect) {
  Names names;
  for (const Located<std::string>& rule : *expect.rules) names.insert(rule.value);
  return names;
}

std::string list(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string difference(std::string_view what, std::string_view expected, std::string_view got) {
  return std::string(what) + ": expected " + std::string(expected) + ", got " + std::string(got);
}

std::string_view deciding_rule(const Verdict& verdict) {
  const RuleMatch* const deciding = verdict.deciding();
  return deciding == nullptr ? std::string_view("none") : std::string_view(deciding->rule);
}

/// A rule that is off explains itself.
std::string off_note(const std::string& rule, const PolicyDocument& policy) {
  const auto is_off = [&rule](const RuleDocument& document) {
    return document.name.value == rule && document.state.value == RuleState::kOff;
  };
  return std::any_of(policy.rules.begin(), policy.rules.end(), is_off) ? " (it is off)" : "";
}

/// The first matching rule whose action is the verdict's, as far as a test can name one.
class Concern {
 public:
  Concern(const ExpectDocument& expect, const Verdict& verdict, const Known& known)
      : expect_(expect), verdict_(verdict), known_(known) {}

  std::vector<RuleTrace> rules() {
    const Names matched = matched_rules(verdict_);
    if (expect_.rules) {
      const Names expected = expected_rules(expect_);
      add(without(expected, matched));
      add(without(matched, expected));
    }
    if (expect_.rule && expect_.rule->value != deciding_rule(verdict_)) {
      add({expect_.rule->value, std::string(deciding_rule(verdict_))});
    }
    const bool as_strict = !expect_.verdict || expect_.verdict->value == verdict_.action;
    if (as_strict && rules_.empty()) add(matched);
    if (!as_strict && rules_.empty()) expect_.verdict->value < verdict_.action ? add_too_strict() : add_missing();
    return std::move(rules_);
  }

 private:
  void add(const Names& names) {
    for (const CompiledRule& rule : known_.policy().rules) {
      if (names.count(rule.name) != 0) rules_.push_back(trace(rule, known_));
    }
  }

  void add_too_strict() {
    Names names;
    for (const RuleMatch& match : verdict_.matches) {
      if (!match.shadow && match.action > expect_.verdict->value) names.insert(match.rule);
    }
    add(names);
  }

  /// Rules that could have been as strict as expected and were not, those first that came furthest.
  void add_missing() {
    std::vector<std::pair<std::size_t, RuleTrace>> missing;
    for (const CompiledRule& rule : known_.policy().rules) {
      if (rule.action() < expect_.verdict->value) continue;
      RuleTrace one = trace(rule, known_);
      const auto holds = [](const TraceNode& node) { return node.asked && node.answer.truth != Truth::kNo; };
      const auto far = std::count_if(one.conditions.begin(), one.conditions.end(), holds);
      missing.emplace_back(static_cast<std::size_t>(far), std::move(one));
    }
    std::stable_sort(missing.begin(), missing.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (auto& [far, one] : missing) {
      const bool helps = rules_.empty() || (far > 0 && rules_.size() < kGuessedRulesMax);
      if (helps) rules_.push_back(std::move(one));
    }
  }

  const ExpectDocument& expect_;
  const Verdict& verdict_;
  const Known& known_;
  std::vector<RuleTrace> rules_;
};

}  // namespace

std::vector<std::string> differences_of(const ExpectDocument& expect, const Verdict& verdict,
                                        const PolicyDocument& policy) {
  std::vector<std::string> lines;
  if (expect.verdict && expect.verdict->value != verdict.action) {
    lines.push_back(difference("verdict", to_string(expect.verdict->value), to_string(verdict.action)));
  }
  if (expect.rule && expect.rule->value != deciding_rule(verdict)) {
    lines.push_back(difference("deciding rule", expect.rule->value, deciding_rule(verdict)) +
                    off_note(expect.rule->value, policy));
  }
  if (expect.rules) {
    const Names expected = expected_rules(expect);
    const Names matched = matched_rules(verdict);
    for (const std::string& rule : without(expected, matched)) {
      lines.push_back("rule " + rule + ": expected to match, did not" + off_note(rule, policy));
    }
    const Names surplus = without(matched, expected);
    if (!surplus.empty()) lines.push_back("not expected to match: " + list(surplus));
  }
  if (expect.severity && expect.severity->value != verdict.severity) {
    lines.push_back(difference("severity", to_string(expect.severity->value), to_string(verdict.severity)));
  }
  return lines;
}

std::vector<RuleTrace> concerned_rules(const ExpectDocument& expect, const Verdict& verdict, const Known& known) {
  return Concern(expect, verdict, known).rules();
}

}  // namespace sallyport::policy
