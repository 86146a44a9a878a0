// How each rule came to its answer, as a value: every condition with what was wanted, what was found, and what was not
// asked and why. Each answer in it is one that ask() gave.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/contract/verdict.h"
#include "policy/ask.h"

namespace sallyport::policy {

struct TraceNode {
  std::string key;     ///< as in the policy: "to", "exceptions[1]", "permitted_by[NAME]", "when", "plates"
  std::string wanted;  ///< as it would be written: "{at_least: 1, score: 0.5}"; empty where `parts` say it
  std::string found;   ///< for people; names are made printable
  bool asked = true;
  Answer answer;    ///< of what was asked; of an exception kYes: it excuses
  std::string why;  ///< it is not known, was not asked, or was taken for absent
  std::vector<TraceNode> parts;
};

struct RuleTrace {
  const CompiledRule* rule = nullptr;
  Answer answer;
  std::optional<RuleMatch> match;     ///< none too where nobody looked for what it asks
  std::vector<TraceNode> conditions;  ///< all must hold, of exceptions none
};

/// Of a transfer that has ended. Borrows the rule.
RuleTrace trace(const CompiledRule& rule, const Known& known);

/// An exception, or a contract that the rule heeds: where it holds the rule does not match.
bool is_exception(const TraceNode& node);
/// The conditions that decided that the rule does not match, outermost first: "when", "plates". Empty where it matches.
std::vector<const TraceNode*> deciding_path(const RuleTrace& trace);
/// "when: plates: {at_least: 1, score: 0.5}; found: 0"; empty where the rule matches.
std::string deciding_condition(const RuleTrace& trace);

}  // namespace sallyport::policy
