// The verdict about one transfer, with its reasons.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "policy/ask.h"
#include "policy/compiled_policy.h"
#include "policy/memory.h"

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

/// The transfer between each pair of its parties, the first one first. Borrows all three.
std::vector<Known> pairs_of(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings,
                            Source source = Source::kTraffic);
/// The rules worth asking about the transfer between any of its parties.
RuleSet candidates(std::span<const Known> pairs);
/// With what `memory` holds and this transfer, which is not counted.
Verdict evaluate(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings,
                 const Memory& memory);
/// The same, and it is counted, and its blocks are told the breakers. Once a transfer.
Verdict conclude(std::vector<Known>& pairs, Memory& memory);
/// Of pairs_of() that have been told what rules have counted.
Verdict verdict_of(std::span<const Known> pairs);

}  // namespace sallyport::policy
