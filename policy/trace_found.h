// What a transfer holds against one condition, as text.
#pragma once

#include <string>

#include "policy/ask.h"

namespace sallyport::policy {

/// "2 (scores 0.93, 0.71)", "102400 bytes"; empty for a group.
std::string found_text(const Condition& condition, const Known& known);
/// "198.51.100.7 in partner", with what a host name claims.
std::string found_text(const Side& side, const Endpoint& endpoint, const Known& known);
/// "{not: [agency]}".
std::string wanted_text(const PlaceTest& places, const CompiledPolicy& policy);
/// "faces, plates".
std::string received_text(ReceivedSet kinds);
/// "encrypted, gap".
std::string reasons_text(ReasonSet reasons);

}  // namespace sallyport::policy
