#include <algorithm>
#include <cstdlib>
#include <optional>

#include "policy/compile.h"
#include "policy/counterfactual.h"
#include "policy/evaluate.h"
#include "policy/trace_text.h"

namespace sallyport::policy {
namespace {

class StateSearch {
 public:
  StateSearch(const PolicyDocument& document, const PlayedTransfer& played, const Memory& memory)
      : document_(document),
        played_(played),
        policy_(compile(all_on(document), {})),
        pairs_(pairs_of(*policy_, played_.transfer, played_.findings)) {
    Memory counted(*policy_);
    counted.inherit(memory);
    counted.look(pairs_);
  }

  std::vector<Change> search() {
    for (std::size_t i = 0; i < document_.rules.size(); ++i) said_.push_back(action_of(i, state(i)));
    const Action now = strictest_but(said_.size());
    for (std::size_t i = 0; i < document_.rules.size(); ++i) try_states(i, now);
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Change& a, const Change& b) { return a.distance < b.distance; });
    return std::move(found_);
  }

 private:
  /// A rule that is off is left out of the compiled policy: here it only shows.
  static PolicyDocument all_on(PolicyDocument document) {
    for (RuleDocument& rule : document.rules) {
      if (rule.state.value == RuleState::kOff) rule.state.value = RuleState::kShadow;
    }
    return document;
  }

  RuleState state(std::size_t rule) const { return document_.rules[rule].state.value; }

  /// What the rule adds to the verdict in this state.
  Action action_of(std::size_t rule, RuleState state) const {
    if (state != RuleState::kAlert && state != RuleState::kBlock) return Action::kAllow;
    CompiledRule changed = policy_->rules[rule];
    changed.state = state;
    const auto found = match(changed, pairs_.front());
    return found ? found->action : Action::kAllow;
  }

  Action strictest_but(std::size_t left_out) const {
    Action strictest = Action::kAllow;
    for (std::size_t i = 0; i < said_.size(); ++i) {
      if (i != left_out) strictest = std::max(strictest, said_[i]);
    }
    return strictest;
  }

  void try_states(std::size_t rule, Action now) {
    const Action others = strictest_but(rule);
    for (const auto other : {RuleState::kOff, RuleState::kShadow, RuleState::kAlert, RuleState::kBlock}) {
      if (other == state(rule)) continue;
      const Action action = std::max(others, action_of(rule, other));
      if (action == now) continue;
      found_.push_back({"rule " + document_.rules[rule].name.value + " were in state " + std::string(to_string(other)) +
                            ", not " + std::string(to_string(state(rule))),
                        action, std::abs(static_cast<double>(other) - static_cast<double>(state(rule)))});
    }
  }

  const PolicyDocument& document_;
  const PlayedTransfer& played_;
  const std::unique_ptr<const CompiledPolicy> policy_;
  std::vector<Known> pairs_;
  std::vector<Action> said_;  // by each rule in its own state
  std::vector<Change> found_;
};

}  // namespace

std::vector<Change> flips_of_policy(const PolicyDocument& document, const PlayedTransfer& played,
                                    const Memory& memory) {
  return StateSearch(document, played, memory).search();
}

}  // namespace sallyport::policy
