#include "policy/test_checker.h"

#include <algorithm>
#include <map>
#include <utility>

#include "policy/policy.h"
#include "policy/suggest.h"

namespace sallyport::policy {
namespace {

template <class Document>
std::vector<std::string_view> names_of(const std::vector<Document>& documents) {
  std::vector<std::string_view> names;
  for (const Document& document : documents) names.push_back(document.name.value);
  return names;
}

bool holds(const std::vector<std::string_view>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class ScenarioChecker {
 public:
  ScenarioChecker(const PolicyDocument& policy, Diagnostics& diagnostics)
      : policy_(policy),
        networks_(names_of(policy.networks)),
        sets_(names_of(policy.fingerprints)),
        cameras_(names_of(policy.cameras)),
        diagnostics_(diagnostics) {}

  void check(const ScenarioDocument& scenario) {
    check_end(scenario.from);
    check_end(scenario.to);
    for (const Located<std::string>& camera : scenario.cameras) {
      if (holds(cameras_, camera.value)) continue;
      diagnostics_.error(camera.place, "unknown-camera", "unknown camera " + quoted(camera.value),
                         {nearest(camera.value, cameras_), ""});
    }
    const auto& set = scenario.near_set;
    if (!set || holds(sets_, set->value)) return;
    diagnostics_.error(set->place, "unknown-set", "unknown fingerprint set " + quoted(set->value),
                       {nearest(set->value, sets_), ""});
  }

 private:
  void check_end(const Located<std::string>& word) {
    const auto has_name = [&word](const NetworkDocument& network) { return network.name.value == word.value; };
    const auto network = std::find_if(policy_.networks.begin(), policy_.networks.end(), has_name);
    if (network != policy_.networks.end()) {
      if (!network->cidrs.empty()) return;
      diagnostics_.error(word.place, "no-address", "network " + quoted(word.value) + " has host names only",
                         {"", "give an address here, and the server's name under host"});
      return;
    }
    if (word.value.empty() || IpAddress::parse(word.value)) return;
    diagnostics_.error(word.place, "unknown-network", quoted(word.value) + " is neither an address nor a network",
                       {nearest(word.value, networks_), ""});
  }

  const PolicyDocument& policy_;
  const std::vector<std::string_view> networks_;
  const std::vector<std::string_view> sets_;
  const std::vector<std::string_view> cameras_;
  Diagnostics& diagnostics_;
};

class ExpectChecker {
 public:
  ExpectChecker(const PolicyDocument& policy, Diagnostics& diagnostics)
      : rules_(names_of(policy.rules)), diagnostics_(diagnostics) {
    for (const FingerprintsDocument& set : policy.fingerprints) {
      if (set.canary) canary_rules_.push_back(canary_rule_name(set.name.value));
    }
    rules_.insert(rules_.end(), canary_rules_.begin(), canary_rules_.end());
  }

  void check(const ExpectDocument& expect) const {
    if (expect.rule) check_rule(*expect.rule);
    if (!expect.rules) return;
    for (const Located<std::string>& rule : *expect.rules) check_rule(rule);
  }

 private:
  void check_rule(const Located<std::string>& rule) const {
    if (holds(rules_, rule.value)) return;
    diagnostics_.error(rule.place, "unknown-rule", "unknown rule " + quoted(rule.value),
                       {nearest(rule.value, rules_), ""});
  }

  std::vector<std::string> canary_rules_;
  std::vector<std::string_view> rules_;
  Diagnostics& diagnostics_;
};

}  // namespace

void check_scenario(const ScenarioDocument& scenario, const PolicyDocument& policy, Diagnostics& diagnostics) {
  ScenarioChecker(policy, diagnostics).check(scenario);
}

void check_tests(const PolicyDocument& policy, Diagnostics& diagnostics) {
  ScenarioChecker scenarios(policy, diagnostics);
  const ExpectChecker expectations(policy, diagnostics);
  std::map<std::string_view, const TestDocument*> names;
  for (const TestDocument& test : policy.tests) {
    const auto [first, is_new] = names.try_emplace(test.name.value, &test);
    if (!is_new && !test.name.value.empty()) {
      diagnostics.error(test.name.place, "duplicate-test",
                        "test " + quoted(test.name.value) + " is already defined at " + to_string(first->second->at));
    }
    for (const StepDocument& step : test.steps) {
      scenarios.check(step.scenario);
      expectations.check(step.expect);
    }
  }
}

}  // namespace sallyport::policy
