// What a policy means as a whole: names that nobody defined, questions that can never be answered yes, and rules that
// ask for more than the front end can do.
#pragma once

#include <optional>

#include "daemon/contract/flow_control.h"
#include "policy/diagnostic.h"
#include "policy/document.h"

namespace sallyport::policy {

/// Reports errors (the policy must not be loaded) and warnings (it does something else than it seems to).
/// Without `capabilities` nothing is said about what can be enforced. Not `whole`: a fault of syntax hides parts of the
/// policy, so only errors are reported.
void check_policy(const PolicyDocument& policy, const std::optional<Capabilities>& capabilities, bool whole,
                  Diagnostics& diagnostics);

}  // namespace sallyport::policy
