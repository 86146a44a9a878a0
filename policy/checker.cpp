#include "policy/checker.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "policy/camera_checker.h"
#include "policy/contract_checker.h"
#include "policy/limits.h"
#include "policy/policy.h"
#include "policy/printer.h"
#include "policy/suggest.h"
#include "policy/test_checker.h"

namespace sallyport::policy {
namespace {

/// Whether some condition cannot be answered from who, whom and names alone.
bool asks_content(const Condition& when) {
  bool asks = false;
  for_each_condition(when, [&asks](const Condition& condition) {
    asks = asks || std::holds_alternative<ContentTest>(condition.test) || finding_asked_by(condition) ||
           std::holds_alternative<DigestTest>(condition.test);
  });
  return asks;
}

bool asks_findings(const Condition& when) {
  bool asks = false;
  for_each_condition(when, [&asks](const Condition& condition) { asks = asks || finding_asked_by(condition); });
  return asks;
}

bool can_hold_images(ContentSet types) {
  for (unsigned i = 0; i <= static_cast<unsigned>(ContentType::kOther); ++i) {
    const auto type = static_cast<ContentType>(i);
    if ((types & bit(type)) != 0 && may_hold_images(type)) return true;
  }
  return false;
}

class Checker {
 public:
  Checker(const PolicyDocument& policy, const std::optional<Capabilities>& capabilities, bool whole,
          Diagnostics& diagnostics)
      : policy_(policy), capabilities_(capabilities), whole_(whole), diagnostics_(diagnostics) {
    for (const NetworkDocument& network : policy.networks) networks_.emplace(network.name.value, &network);
    for (const FingerprintsDocument& set : policy.fingerprints) sets_.emplace(set.name.value, &set);
  }

  void check() {
    for (const ContractorDocument& contractor : policy_.contractors) check_contractor(contractor);
    for (const ContractDocument& contract : policy_.contracts) {
      check_places(contract.from);
      for (const Located<std::string>& name : contract.from.any) warn_if_claim(name);
    }
    check_places(policy_.record.from);
    check_places(policy_.record.to);
    for (const ConditionDocument& named : policy_.conditions) {
      for_each_condition(named.condition, [this](const Condition& condition) { check_condition(condition); });
    }
    for (const RuleDocument& rule : policy_.rules) check_rule(rule);
    for (const FingerprintsDocument& set : policy_.fingerprints) check_canary(set);
    // Of a rule with a fault a part is missing, so that it may only seem to ask the same.
    if (diagnostics_.error_count() == 0) check_questions();
    if (diagnostics_.error_count() == 0) check_unused();
    if (policy_.rules.empty() && policy_.record.what == Recorded::kNone && !has_canary()) {
      warn({}, "does-nothing", "this policy has no rules and records nothing");
    }
  }

 private:
  // What seems odd may only seem so because a fault of syntax hides a part.
  void warn(Place place, std::string_view code, std::string message, Advice advice = {}) {
    if (whole_) diagnostics_.warning(place, code, std::move(message), std::move(advice));
  }

  void check_rule(const RuleDocument& rule) {
    check_identity(rule);
    check_places(rule.from);
    check_places(rule.to);
    check_excuses(rule.from);
    check_excuses(rule.to);
    for (const ExceptionDocument& exception : rule.exceptions) check_exception(exception);
    for_each_condition(rule.when, [this](const Condition& condition) { check_condition(condition); });
    if (rule.count) check_count(rule);
    if (rule.breaker && rule.state.value != RuleState::kBlock) {
      warn(rule.breaker->place, "no-effect", "breaker has no effect: the rule never blocks");
    }
    check_effect(rule);
    if (rule.state.value == RuleState::kBlock && capabilities_) check_enforcement(rule);
  }

  void check_count(const RuleDocument& rule) {
    if (++counting_rules_ == limits::kCountingRulesMax + 1) {
      diagnostics_.error(rule.count->place, "too-large",
                         "more than " + std::to_string(limits::kCountingRulesMax) + " rules count");
    }
    if (!rule.count->counts_images()) return;
    for (const Condition& part : std::get<GroupTest>(rule.when.test).parts) {
      const auto* content = std::get_if<ContentTest>(&part.test);
      if (content == nullptr || can_hold_images(content->types)) continue;
      diagnostics_.error(part.place, "never-true",
                         "no images are in what has one of these types, and images are counted");
    }
  }

  void check_identity(const RuleDocument& rule) {
    const auto [named, is_new_name] = names_.try_emplace(rule.name.value, rule.name.place);
    if (!is_new_name && !rule.name.value.empty()) {
      diagnostics_.error(rule.name.place, "duplicate-rule",
                         "rule " + quoted(rule.name.value) + " is already defined at " +
                             diagnostics_.place_text(named->second, rule.name.place));
    }
  }

  bool has_canary() const {
    return std::any_of(policy_.fingerprints.begin(), policy_.fingerprints.end(),
                       [](const FingerprintsDocument& set) { return set.canary; });
  }

  /// The rule that a canary set brings with it has a name of its own.
  void check_canary(const FingerprintsDocument& set) {
    const auto named = names_.find(canary_rule_name(set.name.value));
    if (!set.canary || named == names_.end()) return;
    diagnostics_.error(named->second, "duplicate-rule",
                       "rule " + quoted(named->first) + " is that of the canary set at " +
                           diagnostics_.place_text(set.name.place, named->second));
  }

  void check_questions() {
    std::map<std::string, const RuleDocument*> questions;
    for (const RuleDocument& rule : policy_.rules) {
      const auto [asked, is_new] = questions.try_emplace(print_question(rule), &rule);
      if (is_new) continue;
      warn(rule.name.place, "same-question",
           "rule " + quoted(rule.name.value) + " matches exactly what rule " + quoted(asked->second->name.value) +
               " at " + diagnostics_.place_text(asked->second->name.place, rule.name.place) + " matches",
           {"", "the stricter of the two decides; the other only adds a line to the event"});
    }
  }

  void check_places(const PlacesDocument& places) {
    for (const auto* list : {&places.any, &places.excluded}) {
      for (const Located<std::string>& name : *list) check_network(name);
    }
    for (const Located<std::string>& name : places.excluded) {
      const auto same = [&name](const auto& other) { return other.value == name.value; };
      if (std::none_of(places.any.begin(), places.any.end(), same)) continue;
      diagnostics_.error(name.place, "never-true", "network " + quoted(name.value) + " stands under any and under not");
    }
  }

  void check_network(const Located<std::string>& name) {
    used_networks_.insert(name.value);
    if (networks_.count(name.value) != 0) return;
    std::vector<std::string_view> known;
    for (const auto& [other, network] : networks_) known.push_back(other);
    diagnostics_.error(name.place, "unknown-network", "unknown network " + quoted(name.value),
                       {nearest(name.value, known), ""});
  }

  // A client can write any name into its Host header; only an address it must really have.
  void check_excuses(const PlacesDocument& places) {
    for (const Located<std::string>& name : places.excluded) warn_if_claim(name);
  }
  void warn_if_claim(const Located<std::string>& name) {
    const auto found = networks_.find(name.value);
    if (found == networks_.end() || found->second->hosts_trusted || !found->second->cidrs.empty()) return;
    warn(name.place, "untrusted-hosts", "network " + quoted(name.value) + " has host names only, so it excuses nothing",
         {"", "give it cidrs, or 'trust: hosts' if what the client claims may excuse a transfer"});
  }

  void check_contractor(const ContractorDocument& contractor) {
    for (const Located<std::string>& name : contractor.networks) {
      check_network(name);
      warn_if_claim(name);
    }
  }

  void check_exception(const ExceptionDocument& exception) {
    check_places(exception.from);
    check_places(exception.to);
    for (const auto* list : {&exception.from.any, &exception.to.any}) {
      for (const Located<std::string>& name : *list) warn_if_claim(name);
    }
    const bool by_place = exception.from.is_given() || exception.to.is_given();
    if (by_place) return;
    if (exception.names.empty()) {
      diagnostics_.error(exception.place, "empty-condition", "this exception fits every transfer",
                         {"", "name from, to, hosts, users, shares, paths or file_names"});
      return;
    }
    warn(exception.place, "claimed-exception", "this exception rests on names that the client can choose",
         {"", "add from or to"});
  }

  void check_condition(const Condition& condition) {
    if (const auto* near = std::get_if<NearTest>(&condition.test)) check_near(*near);
    const auto* group = std::get_if<GroupTest>(&condition.test);
    if (group != nullptr && group->kind == GroupTest::Kind::kAll) check_together(group->parts);
  }

  void check_near(const NearTest& near) {
    used_sets_.insert(near.set.value);
    const auto found = sets_.find(near.set.value);
    if (found == sets_.end()) {
      std::vector<std::string_view> known;
      for (const auto& [name, set] : sets_) known.push_back(name);
      diagnostics_.error(near.set.place, "unknown-set", "unknown fingerprint set " + quoted(near.set.value),
                         {nearest(near.set.value, known), ""});
    } else if (near.distance_max && near.distance_max->value > found->second->distance_max) {
      diagnostics_.error(near.distance_max->place, "out-of-range",
                         "distance_max " + std::to_string(near.distance_max->value) + " is larger than the " +
                             std::to_string(found->second->distance_max) + " of set " + quoted(near.set.value),
                         {"", "raise it under fingerprints: nothing further away is looked for"});
    }
  }

  /// Conditions that stand side by side must hold together.
  void check_together(const std::vector<Condition>& parts) {
    ContentSet types = ~ContentSet{0};
    for (const Condition& part : parts) {
      const auto* content = std::get_if<ContentTest>(&part.test);
      const bool image_only =
          std::holds_alternative<CountTest>(part.test) || std::holds_alternative<NearTest>(part.test);
      const ContentSet before = types;
      if (content != nullptr) types &= content->types;
      if (image_only) types &= kAllImages;
      if (types != 0 || before == 0) continue;
      diagnostics_.error(
          part.place, "never-true",
          "no object fits '" + std::string(key_of(part)) + "' and the types of content asked for beside it");
    }
  }

  void check_effect(const RuleDocument& rule) {
    const bool content = asks_content(rule.when) || (rule.count && rule.count->counts_images());
    for (std::size_t i = 0; i < kOutcomeCount; ++i) {
      if (!rule.outcomes[i]) continue;
      const std::string key(kOutcomeKeys[i].key);
      if (rule.state.value == RuleState::kAlert && rule.outcomes[i]->value == Action::kBlock) {
        warn(rule.outcomes[i]->place, "capped-outcome", key + ": block acts as alert, for the rule is in state alert");
      }
      if (!content && rule.protocols == 0 && names_only(rule)) {
        warn(rule.outcomes[i]->place, "no-effect", key + " has no effect: the rule asks nothing that needs inspection");
      }
    }
    const bool looks = asks_findings(rule.when) || heeds_contracts(rule) || (rule.count && rule.count->counts_images());
    if (rule.deadline && !looks) {
      warn(rule.deadline->place, "no-effect", "deadline has no effect: the rule asks for no finding in images");
    }
  }

  /// No name is asked for that encryption could hide.
  static bool names_only(const RuleDocument& rule) {
    bool asks_name = false;
    for_each_condition(rule.when, [&asks_name](const Condition& condition) {
      asks_name = asks_name || std::holds_alternative<NameTest>(condition.test);
    });
    return !asks_name && !heeds_contracts(rule) && rule.exceptions.empty();
  }

  static bool heeds_contracts(const RuleDocument& rule) {
    return rule.permitted_by.any || !rule.permitted_by.contracts.empty();
  }

  void check_enforcement(const RuleDocument& rule) {
    if (capabilities_->can_drop) return;
    const std::string front_end(capabilities_->front_end);
    if (capabilities_->can_inject) {
      warn(rule.state.place, "best-effort-block",
           "front end " + quoted(front_end) + " blocks by resets only: what is sent before them arrives",
           {"", "use an inline front end to keep bytes back"});
    } else {
      warn(rule.state.place, "cannot-block", "front end " + quoted(front_end) + " cannot block: the rule only tells");
    }
  }

  /// A network may be named for tests alone: a rule that says `not` speaks of everybody else.
  void use_in_tests() {
    for (const TestDocument& test : policy_.tests) {
      for (const StepDocument& step : test.steps) {
        used_networks_.insert({step.scenario.from.value, step.scenario.to.value});
      }
    }
  }

  void check_unused() {
    use_in_tests();
    for (const NetworkDocument& network : policy_.networks) {
      if (used_networks_.count(network.name.value) != 0) continue;
      warn(network.name.place, "unused", "network " + quoted(network.name.value) + " is used nowhere");
    }
    for (const FingerprintsDocument& set : policy_.fingerprints) {
      if (set.canary || used_sets_.count(set.name.value) != 0) continue;
      warn(set.name.place, "unused", "fingerprint set " + quoted(set.name.value) + " is used nowhere");
    }
    for (const DefinedName& unused : policy_.unused) {
      warn(unused.name.place, "unused",
           std::string(unused.what) + ' ' + quoted(unused.name.value) + " is used nowhere");
    }
  }

  const PolicyDocument& policy_;
  const std::optional<Capabilities>& capabilities_;
  const bool whole_;
  Diagnostics& diagnostics_;
  std::map<std::string, const NetworkDocument*> networks_;
  std::map<std::string, const FingerprintsDocument*> sets_;
  std::size_t counting_rules_ = 0;
  std::map<std::string, Place> names_;
  std::set<std::string> used_networks_;
  std::set<std::string> used_sets_;
};

}  // namespace

void check_policy(const PolicyDocument& policy, const std::optional<Capabilities>& capabilities, bool whole,
                  Diagnostics& diagnostics) {
  check_contracts(policy, whole, diagnostics);
  check_cameras(policy, whole, diagnostics);
  Checker(policy, capabilities, whole, diagnostics).check();
  check_tests(policy, diagnostics);
}

}  // namespace sallyport::policy
