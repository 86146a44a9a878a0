// Times as people write and read them: RFC 3339 in UTC, or so long ago.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "daemon/base/time.h"

namespace sallyport::cli {

/// "2026-11-29T05:40:20Z".
std::string time_text(Timestamp time);
/// "2026-11-29", "2026-11-29T05:40:20Z", or "2h", "7d" before `now`.
Result<Timestamp> parse_time(const std::string& text, Timestamp now);

}  // namespace sallyport::cli
