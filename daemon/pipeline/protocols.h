// The protocols a shard understands, in the order in which they are asked "is this yours?".
#pragma once

#include <memory>
#include <vector>

#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/dispatcher.h"
#include "daemon/protocols/http/http1_parser.h"
#include "daemon/protocols/smb/smb_parser.h"

namespace sallyport {

struct ProtocolsConfig {
  http::HttpConfig http;
  smb::SmbConfig smb;
  /// One for all shards: copies of this share it.
  std::shared_ptr<smb::GlobalTables> smb_tables = std::make_shared<smb::GlobalTables>();
};

struct ProtocolStats {
  http::HttpStats http;
  smb::SmbStats smb;
};

/// Adding a protocol: its folder under daemon/protocols, one line here. `sink` and `stats` outlive what is made.
std::vector<ProtocolEntry> protocol_entries(TransferSink& sink, const ProtocolsConfig& config, ProtocolStats& stats);

}  // namespace sallyport
