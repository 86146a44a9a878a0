// What a command could not read, or not look into, in a capture, for whoever reads its answer. All of it on standard
// error.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "daemon/frontends/tap/pcap_file.h"
#include "daemon/net/net_stats.h"

namespace sallyport::cli {

/// Tells why the capture at `path` could not be read, or where it breaks off, or that its packets were cut short. False
/// where the command's answer cannot stand for what passed: it was not read at all, or bytes of packets are missing.
bool tell_reading(const std::string& path, const Result<PcapFileSummary>& read);

/// One line: "sallyport: not inspected: quic 1234 packets, 1500000 bytes; ...". Nothing where there was nothing.
void tell_uninspected(const NetStats& stats);

}  // namespace sallyport::cli
