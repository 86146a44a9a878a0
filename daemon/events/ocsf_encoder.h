// Event to OCSF (Open Cybersecurity Schema Framework, schema.ocsf.io) Data Security Finding, class_uid 2006.
#pragma once

#include <string>
#include <string_view>

#include "daemon/contract/event.h"

namespace sallyport {

/// The schema version that metadata.version names and that tests/integration/ocsf_validate.py checks against.
inline constexpr std::string_view kOcsfVersion = "1.9.0-dev";

/// One JSON object, one line, no newline at its end, always valid UTF-8. What OCSF has no attribute for is in
/// "unmapped". Pure; any thread.
std::string encode_ocsf(const Event& event);

}  // namespace sallyport
