// The protocols a shard understands, in the order in which they are asked "is this yours?".
#pragma once

#include <memory>
#include <vector>

#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/dispatcher.h"
#include "daemon/protocols/http/http1_parser.h"
#include "daemon/protocols/http2/http2_config.h"
#include "daemon/protocols/smb/smb_parser.h"
#include "daemon/protocols/websocket/websocket_config.h"

namespace sallyport {

struct ProtocolsConfig {
  http::HttpConfig http;
  http2::Http2Config http2;
  smb::SmbConfig smb;
  websocket::WebSocketConfig websocket;
  /// Bytes that the parsers of one shard hold; above it Dispatcher gives up what ParserBudget says.
  std::size_t parser_bytes_max = Dispatcher::kParserBytesMax;
  /// One for all shards: copies of this share it.
  std::shared_ptr<smb::GlobalTables> smb_tables = std::make_shared<smb::GlobalTables>();
};

struct ProtocolStats {
  http::HttpStats http;
  http2::Http2Stats http2;
  smb::SmbStats smb;
  websocket::WebSocketStats websocket;
};

/// Adding a protocol: its folder under daemon/protocols, one line here. `sink` and `stats` outlive what is made.
std::vector<ProtocolEntry> protocol_entries(TransferSink& sink, const ProtocolsConfig& config, ProtocolStats& stats);

}  // namespace sallyport
