// The effective policy as normalised YAML: every default written out, names sorted, comments gone.
#pragma once

#include <string>

#include "policy/document.h"

namespace sallyport::policy {

/// Reads back as the same policy. Policies that decide alike and are named alike print alike.
std::string print_document(const PolicyDocument& policy);
/// What decides whether the rule matches, without its name, state and outcomes.
std::string print_question(const RuleDocument& rule);
/// Equal where what one rule remembers holds of another: name, question, and the networks and sets that it speaks of.
std::string print_memory_key(const RuleDocument& rule, const PolicyDocument& policy);
/// The value of a condition as it would be written: "{at_least: 2, score: 0.7}".
std::string print_value(const Condition& condition);
std::string print_protocols(ProtocolSet protocols);

}  // namespace sallyport::policy
