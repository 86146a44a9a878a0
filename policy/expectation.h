// What a test expected against what the policy said.
#pragma once

#include <string>
#include <vector>

#include "policy/document.h"
#include "policy/trace.h"

namespace sallyport::policy {

/// A line for each thing that is not as expected; empty: all is.
std::vector<std::string> differences_of(const ExpectDocument& expect, const Verdict& verdict,
                                        const PolicyDocument& policy);
/// The rules that an unmet expectation is about. Where it names none: those that could have met it and came closest.
std::vector<RuleTrace> concerned_rules(const ExpectDocument& expect, const Verdict& verdict, const Known& known);

}  // namespace sallyport::policy
