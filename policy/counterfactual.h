// The single changes that would turn a verdict into another one: of what was sent, and of the policy.
#pragma once

#include <string>
#include <vector>

#include "policy/compiled_policy.h"
#include "policy/memory.h"
#include "policy/scenario.h"

namespace sallyport::policy {

struct Change {
  std::string words;  ///< "it had 1 more of plates with score 0.5 or more": reads on behind "if"
  Action action = Action::kAllow;
  double distance = 0;  ///< how far it is from what was; only for the order
};

/// Changes of one fact, the nearest first, with what `memory` has counted before. Looks for no more than some thousand
/// changes. What nobody looked for counts as absent, of a record too.
std::vector<Change> flips_of_facts(const CompiledPolicy& policy, const PolicyDocument& document,
                                   const PlayedTransfer& played, const Memory& memory);
/// Changes of the state of one rule, the nearest first.
std::vector<Change> flips_of_policy(const PolicyDocument& document, const PlayedTransfer& played, const Memory& memory);

}  // namespace sallyport::policy
