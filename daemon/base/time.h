// Time comes in as an argument: from the packet, or from the front end's clock. Nothing here can ask for "now".
#pragma once

#include <chrono>

namespace sallyport {

using Duration = std::chrono::nanoseconds;
/// Wall-clock time, UTC.
using Timestamp = std::chrono::time_point<std::chrono::system_clock, Duration>;

}  // namespace sallyport
