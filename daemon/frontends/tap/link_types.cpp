#include "daemon/frontends/tap/link_types.h"

#include <pcap/pcap.h>

namespace sallyport {

std::optional<LinkType> link_type_from_dlt(int dlt) {
  switch (dlt) {
    case DLT_EN10MB:
      return LinkType::kEthernet;
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6:
      return LinkType::kRawIp;
    case DLT_LINUX_SLL:
      return LinkType::kLinuxSll;
    case DLT_LINUX_SLL2:
      return LinkType::kLinuxSll2;
    case DLT_NULL:
    case DLT_LOOP:
      return LinkType::kNull;
    default:
      return std::nullopt;
  }
}

std::string dlt_name(int dlt) {
  const char* const name = ::pcap_datalink_val_to_name(dlt);
  if (!name) return std::to_string(dlt);
  const char* const description = ::pcap_datalink_val_to_description(dlt);
  return std::string(name) + (description ? " (" + std::string(description) + ")" : "");
}

}  // namespace sallyport
