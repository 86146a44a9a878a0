// WebSocket of one connection, or of one stream of HTTP/2, both directions: bytes in order come in, transfers go out.
// Producers: protocols/dispatcher, as successor of HTTP/1 (RFC 6455 4), and http2 for an extended CONNECT (RFC 8441).
#pragma once

#include <memory>

#include "daemon/contract/flow.h"
#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/http/http_config.h"
#include "daemon/protocols/http/upgrade.h"
#include "daemon/protocols/protocol_parser.h"
#include "daemon/protocols/websocket/websocket_config.h"

namespace sallyport::websocket {

/// What all WebSocket parsers of a shard share; outlives them.
struct WebSocketEnvironment {
  TransferSink& sink;
  const http::HttpConfig& http_config;  ///< its expansion limits hold for each message
  http::HttpStats& http_stats;
  const WebSocketConfig& config;
  WebSocketStats& stats;
};

/// A message is a transfer. It never fails; where framing is lost the rest of that direction is counted as not
/// inspected. Memory: some 700 bytes; with permessage-deflate 40 KiB for each direction that has sent a compressed
/// message and keeps its context.
std::unique_ptr<ProtocolParser> make_websocket_parser(const Flow& flow, const WebSocketEnvironment& environment,
                                                      const http::Upgrade& upgrade);

}  // namespace sallyport::websocket
