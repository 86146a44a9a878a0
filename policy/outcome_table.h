// What rules do where their question cannot be answered, as it comes out: defaults, the rule's own outcomes, and its
// state, which caps them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "policy/document.h"
#include "policy/outcomes.h"

namespace sallyport::policy {

struct RuleOutcomes {
  std::string rule;
  RuleState state = RuleState::kAlert;
  Outcomes outcomes{};  ///< of a shadow rule what it would do
  std::chrono::milliseconds deadline{0};
};

/// Of each rule that is not off.
std::vector<RuleOutcomes> outcomes_of(const PolicyDocument& policy);
/// A line for each key: the default, and the rules that do something else. Empty for a policy without rules.
std::string outcome_table(const PolicyDocument& policy);

}  // namespace sallyport::policy
