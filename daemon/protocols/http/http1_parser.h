// HTTP/1 of one connection, both directions: bytes in order come in, transfers go out.
// Producer: protocols/dispatcher, once recognise_http1() said so. Consumer: a TransferSink. RFC 9112, RFC 9110.
#pragma once

#include <memory>

#include "daemon/contract/flow.h"
#include "daemon/contract/transfer_sink.h"
#include "daemon/protocols/http/http_config.h"
#include "daemon/protocols/http/upgrade.h"
#include "daemon/protocols/protocol_parser.h"

namespace sallyport::http {

/// `sink`, `config` and `stats` must outlive the parser. It never fails for good: where framing is lost it looks for
/// the next start line and counts what goes by. After CONNECT and Upgrade its state is kHandOver, and feed() takes
/// nothing more of either direction; successor() asks `upgrades` who goes on. Memory: at most one head
/// (config.header_bytes_max), config.requests_queued_max names of requests and the decoders of one body for each
/// direction.
std::unique_ptr<ProtocolParser> make_http1_parser(const Flow& flow, TransferSink& sink, const HttpConfig& config,
                                                  HttpStats& stats, UpgradeFactory upgrades = {});

struct Http1Environment {
  const HttpConfig& config;
  HttpStats& stats;
  UpgradeFactory upgrades;
};
/// The parser of a flow that went to sleep() and left `memory`: it goes on as if it had never been away.
std::unique_ptr<ProtocolParser> wake_http1_parser(const Flow& flow, const ParserMemory& memory, TransferSink& sink,
                                                  const Http1Environment& environment);

}  // namespace sallyport::http
