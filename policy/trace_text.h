// Traces for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "policy/trace.h"

namespace sallyport::policy {

/// "yes", "no" or "unknown".
std::string_view to_string(Truth truth);
/// "off", "shadow", "alert" or "block".
std::string_view to_string(RuleState state);

/// One line: "rule x (block, high) does not match: to: {not: [agency]}; found: 10.10.0.9 in agency". No newline.
std::string headline(const RuleTrace& trace);
/// The conditions as an indented list, a line each.
std::string to_text(const RuleTrace& trace, std::size_t indent);
nlohmann::ordered_json to_json(const RuleTrace& trace);

}  // namespace sallyport::policy
