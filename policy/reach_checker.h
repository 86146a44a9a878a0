// Who can be at the two ends of a rule and of its exceptions: what never applies, because no address can get there or
// because something else applies first.
#pragma once

#include "policy/compiled_policy.h"
#include "policy/diagnostic.h"
#include "policy/document.h"

namespace sallyport::policy {

/// Warns of rules that never match, and of exceptions that never fit or change nothing. Rules that are off are not
/// looked at. `compiled` is made of `document`.
void check_reach(const PolicyDocument& document, const CompiledPolicy& compiled, Diagnostics& diagnostics);

}  // namespace sallyport::policy
