#include "daemon/cli/time_text.h"

#include <chrono>
#include <ctime>

#include "policy/values.h"

namespace sallyport::cli {

std::string time_text(Timestamp time) {
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Result<Timestamp> parse_time(const std::string& text, Timestamp now) {
  if (const auto ago = policy::parse_duration(text)) return now - *ago;
  std::tm parts{};
  const char* end = ::strptime(text.c_str(), "%Y-%m-%d", &parts);
  if (end != nullptr && *end == 'T') end = ::strptime(end, "T%H:%M:%SZ", &parts);
  if (end == nullptr || *end != '\0') {
    return fail(ErrorCode::kInvalidArgument,
                "'" + text + "' is no time: write 2026-11-29, 2026-11-29T05:40:20Z (UTC), or 2h or 7d for so long ago");
  }
  const std::time_t seconds = ::timegm(&parts);
  const Timestamp time{std::chrono::seconds(seconds)};
  // 31 February reads back as another day.
  if (time_text(time).compare(0, 10, text, 0, 10) != 0) {
    return fail(ErrorCode::kInvalidArgument, "'" + text + "' is no day of the calendar");
  }
  return time;
}

}  // namespace sallyport::cli
