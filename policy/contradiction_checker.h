// Conditions that no transfer can fulfil, for what stands beside them excludes them.
#pragma once

#include "policy/compiled_policy.h"
#include "policy/diagnostic.h"

namespace sallyport::policy {

/// Warns of them in each rule that is not off.
void check_contradictions(const CompiledPolicy& policy, Diagnostics& diagnostics);

}  // namespace sallyport::policy
