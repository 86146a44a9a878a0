// What the tests of a policy name must be there.
#pragma once

#include "policy/diagnostic.h"
#include "policy/document.h"

namespace sallyport::policy {

/// Reports rules, networks and fingerprint sets that tests speak of and nobody defined, and tests named twice.
void check_tests(const PolicyDocument& policy, Diagnostics& diagnostics);
/// The same of one scenario.
void check_scenario(const ScenarioDocument& scenario, const PolicyDocument& policy, Diagnostics& diagnostics);

}  // namespace sallyport::policy
