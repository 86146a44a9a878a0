// The verdict about one transfer, with its reasons.
#pragma once

#include "policy/answer.h"
#include "policy/compiled_policy.h"

namespace sallyport::policy {

/// What a rule does about what could not be inspected, within what its state permits.
struct Outcome {
  Action action = Action::kAllow;
  NotInspected reason = NotInspected::kEncrypted;  ///< the one that decided; meaningless for kAllow
};

/// The strictest outcome of the reasons.
Outcome outcome_of(const CompiledRule& rule, ReasonSet reasons);

Verdict evaluate(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings);

}  // namespace sallyport::policy
