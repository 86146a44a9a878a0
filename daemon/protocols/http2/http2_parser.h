// HTTP/2 in clear of one connection, both directions: bytes in order come in, transfers go out. RFC 9113.
// Producers: protocols/dispatcher, once recognise_http2() said so, and the h2c Upgrade of HTTP/1 (RFC 7540 3.2).
#pragma once

#include <memory>

#include "daemon/contract/flow.h"
#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/http/http_config.h"
#include "daemon/protocols/http/upgrade.h"
#include "daemon/protocols/http2/http2_config.h"
#include "daemon/protocols/protocol_parser.h"

namespace sallyport::http2 {

/// What all HTTP/2 parsers of a shard share; outlives them.
struct Http2Environment {
  TransferSink& sink;
  const http::HttpConfig& http_config;
  http::HttpStats& http_stats;  ///< codings, parts and ranges of bodies count there
  const Http2Config& config;
  Http2Stats& stats;
  http::UpgradeFactory upgrades = {};  ///< for extended CONNECT
};

/// `upgrade`: the connection began as HTTP/1, and its request is stream 1; null: it did not. It never fails: where
/// framing is lost it looks for the next frame and counts what goes by. Memory: nothing is buffered but one header
/// section in each direction; each stream costs some 700 bytes while it is open, each direction up to 64 KiB for its
/// HPACK table once its peer fills that.
std::unique_ptr<ProtocolParser> make_http2_parser(const Flow& flow, const Http2Environment& environment,
                                                  const http::Upgrade* upgrade = nullptr);

}  // namespace sallyport::http2
