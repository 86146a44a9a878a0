// One scenario that stands for itself, outside a policy.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/document.h"

namespace sallyport::policy {

struct ScenarioResult {
  std::optional<PlayedTransfer> played;  ///< absent where there is an error
  std::vector<Diagnostic> diagnostics;
};

/// Reads `text`, the mapping that stands behind transfer: in a test, and checks it against the policy. `name` stands in
/// the messages.
ScenarioResult load_scenario_text(std::string text, std::string name, const PolicyDocument& policy);

}  // namespace sallyport::policy
