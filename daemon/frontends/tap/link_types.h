// libpcap's DLT_ numbers -> the link types that net can read.
#pragma once

#include <optional>
#include <string>

#include "daemon/contract/packet.h"

namespace sallyport {

/// Nothing for a type that net cannot read.
std::optional<LinkType> link_type_from_dlt(int dlt);
/// "EN10MB (Ethernet)", or the bare number where libpcap has no name.
std::string dlt_name(int dlt);

}  // namespace sallyport
