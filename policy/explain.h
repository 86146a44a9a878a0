// Why a rule matched, as one sentence. Values come from counts and from the policy; names that the traffic chose, which
// may carry secrets, never stand in it.
#pragma once

#include <string>

#include "policy/ask.h"

namespace sallyport::policy {

/// Of a rule that matched for certain: "from agency; plates: 2 with score 0.50 or more, 1 needed".
std::string explain_match(const CompiledRule& rule, const Known& known);
/// Of a rule that could not be answered: "not inspected (encrypted): faces unknown; on_encrypted: block".
std::string explain_not_inspected(const CompiledRule& rule, const Known& known, NotInspected reason);

/// "97 distinct images, and 3 more that may be; receiver_network partner": what a rule that counts has come to with
/// this transfer. Empty: it is none of those that count.
std::string count_text(const CompiledRule& rule, const Known& known);

}  // namespace sallyport::policy
