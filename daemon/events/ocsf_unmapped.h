// The part of an event that OCSF has no attribute for: byte account, evasions, scores, every rule that matched.
#pragma once

#include <nlohmann/json.hpp>

#include "daemon/contract/event.h"

namespace sallyport {

/// The value of "unmapped". Only ocsf_encoder includes this. Pure; any thread.
nlohmann::ordered_json ocsf_unmapped(const Event& event);

}  // namespace sallyport
