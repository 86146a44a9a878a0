// All that can be said of one transfer under one policy: what is decided and why, what would decide otherwise, and what
// it costs to know.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "policy/counterfactual.h"
#include "policy/policy.h"
#include "policy/trace.h"

namespace sallyport::policy {

/// What the policy wants to know at one moment of a transfer.
struct Cost {
  std::string_view moment;  ///< "at its begin": a literal
  Demand demand;
};

struct Explanation {
  std::shared_ptr<const Policy> policy;  ///< which the traces speak of
  Verdict verdict;                       ///< of the rules that could be answered
  Action action_most = Action::kAllow;   ///< its action, or more: what the unknown rules could have made of it
  std::vector<std::string> unknown;      ///< rules that ask what nobody looked for then; of a record only
  std::vector<RuleTrace> rules;          ///< in the order of the policy, without those that are off
  std::vector<std::string> off;          ///< rules that are not asked
  std::vector<Cost> costs;
  std::vector<Change> by_facts;    ///< nearest first
  std::vector<Change> by_policy;   ///< nearest first
  std::vector<std::string> notes;  ///< what the source of the transfer does not tell, and the like
};

/// `document` is what `policy` was made of; the transfer has ended. `memory`: what its rules have counted before; null:
/// nothing, which is noted.
Explanation explain_transfer(std::shared_ptr<const Policy> policy, const PolicyDocument& document,
                             const PlayedTransfer& played, std::shared_ptr<const Memory> memory = nullptr);

std::string to_text(const Explanation& explanation);
nlohmann::ordered_json to_json(const Explanation& explanation);

}  // namespace sallyport::policy
