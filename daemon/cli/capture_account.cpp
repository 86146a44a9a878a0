#include "daemon/cli/capture_account.h"

#include <cstdio>
#include <string>

namespace sallyport::cli {

bool tell_reading(const std::string& path, const Result<PcapFileSummary>& read) {
  if (!read) {
    std::fprintf(stderr, "sallyport: %s\n", read.error().message.c_str());
    return false;
  }
  if (read->warning) std::fprintf(stderr, "sallyport: %s\n", read->warning->c_str());
  if (read->truncated == 0) return true;
  const std::string told = "'" + path + "' holds " + std::to_string(read->truncated) + " of " +
                           std::to_string(read->packets) + " packets without their end, " + std::to_string(read->lost) +
                           " bytes in all: what lies there was not looked at. Capture whole packets (tcpdump -s 0)";
  std::fprintf(stderr, "sallyport: %s\n", told.c_str());
  return false;
}

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
