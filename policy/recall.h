// The verdict about a transfer that another policy saw to: some of what this one asks was never looked for.
#pragma once

#include "policy/compiled_policy.h"

namespace sallyport::policy {

Recollection recall(const CompiledPolicy& policy, const Transfer& transfer, const Findings& findings);

}  // namespace sallyport::policy
