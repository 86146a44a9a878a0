// The verdict about a transfer that another policy saw to: some of what this one asks was never looked for.
#pragma once

#include "policy/compiled_policy.h"
#include "policy/memory.h"

namespace sallyport::policy {

/// What the record holds is counted in `memory`.
Recollection recall(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings, Memory& memory);
/// The same, but it is not counted, and no breaker is told.
Recollection recall_uncounted(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings,
                              const Memory& memory);
/// Only counts it, for rules that inherited no counts (Memory::refill).
std::size_t refill(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings, Memory& memory);

}  // namespace sallyport::policy
