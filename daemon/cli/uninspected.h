// What a capture holds that no parser looks into, for whoever reads the answer of a command.
#pragma once

#include "daemon/net/net_stats.h"

namespace sallyport::cli {

/// One line on standard error: "sallyport: not inspected: quic 1234 packets, 1500000 bytes; ...". Nothing where there
/// was nothing.
void tell_uninspected(const NetStats& stats);

}  // namespace sallyport::cli
