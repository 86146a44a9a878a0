#include "daemon/cli/uninspected.h"

#include <cstdio>
#include <string>

namespace sallyport::cli {

void tell_uninspected(const NetStats& stats) {
  std::string told;
  for (std::size_t i = 0; i < kOpaqueTrafficCount; ++i) {
    const auto traffic = static_cast<OpaqueTraffic>(i);
    const NetStats::Traffic& counted = stats.of(traffic);
    if (counted.packets.value() == 0) continue;
    told += (told.empty() ? "" : "; ") + std::string(to_string(traffic)) + " " +
            std::to_string(counted.packets.value()) + " packets, " + std::to_string(counted.bytes.value()) + " bytes";
  }
  if (!told.empty()) std::fprintf(stderr, "sallyport: not inspected: %s\n", told.c_str());
}

}  // namespace sallyport::cli
