// The verdict about one transfer, with its reasons.
#pragma once

#include <optional>

#include "policy/ask.h"
#include "policy/compiled_policy.h"

namespace sallyport::policy {

/// What a rule does about what could not be inspected, within what its state permits.
struct Outcome {
  Action action = Action::kAllow;
  NotInspected reason = NotInspected::kEncrypted;  ///< the one that decided; meaningless for kAllow
};

/// The strictest outcome of the reasons.
Outcome outcome_of(const CompiledRule& rule, ReasonSet reasons);

/// What the rule says of a transfer that has ended; nothing where it does not match.
std::optional<RuleMatch> match(const CompiledRule& rule, const Known& known);

Verdict evaluate(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings);

}  // namespace sallyport::policy
