#include "daemon/pipeline/protocols.h"

#include <memory>

#include "daemon/protocols/http/http_recognition.h"
#include "daemon/protocols/http2/http2_parser.h"
#include "daemon/protocols/http2/http2_recognition.h"
#include "daemon/protocols/tls/tls_parser.h"
#include "daemon/protocols/websocket/websocket_parser.h"

namespace sallyport {
namespace {

/// Makes the parsers of one shard; kept alive by the entries that use it.
class ParserFactory {
 public:
  ParserFactory(TransferSink& sink, const ProtocolsConfig& config, ProtocolStats& stats)
      : sink_(sink), config_(config), stats_(stats) {}

  std::unique_ptr<ProtocolParser> http1(const Flow& flow) const {
    return http::make_http1_parser(flow, sink_, config_.http, stats_.http, upgrades());
  }
  std::unique_ptr<ProtocolParser> wake_http1(const Flow& flow, const ParserMemory& memory) const {
    return http::wake_http1_parser(flow, memory, sink_, {config_.http, stats_.http, upgrades()});
  }
  std::unique_ptr<ProtocolParser> http2(const Flow& flow, const http::Upgrade* upgrade) const {
    return http2::make_http2_parser(flow, {sink_, config_.http, stats_.http, config_.http2, stats_.http2, upgrades()},
                                    upgrade);
  }
  std::unique_ptr<ProtocolParser> smb(const Flow& flow) const {
    return smb::make_smb_parser(flow, sink_, config_.smb, stats_.smb, config_.smb_tables);
  }

  std::unique_ptr<ProtocolParser> wake_smb(const Flow& flow, const ParserMemory& memory) const {
    return smb::wake_smb_parser(flow, memory, sink_, {config_.smb, stats_.smb, config_.smb_tables});
  }
  std::unique_ptr<ProtocolParser> websocket(const Flow& flow, const http::Upgrade& upgrade) const {
    const websocket::WebSocketEnvironment environment{sink_, config_.http, stats_.http, config_.websocket,
                                                      stats_.websocket};
    return websocket::make_websocket_parser(flow, environment, upgrade);
  }

 private:
  http::UpgradeFactory upgrades() const {
    return [this](const Flow& flow, const http::Upgrade& upgrade) { return upgraded(flow, upgrade); };
  }

  Successor upgraded(const Flow& flow, const http::Upgrade& upgrade) const {
    if (upgrade.protocol.find("h2c") != std::string::npos) return {Protocol::kHttp2, http2(flow, &upgrade)};
    if (upgrade.protocol.find("websocket") != std::string::npos)
      return {Protocol::kWebSocket, websocket(flow, upgrade)};
    return {};
  }

  TransferSink& sink_;
  const ProtocolsConfig config_;
  ProtocolStats& stats_;
};

}  // namespace

std::vector<ProtocolEntry> protocol_entries(TransferSink& sink, const ProtocolsConfig& config, ProtocolStats& stats) {
  const auto factory = std::make_shared<const ParserFactory>(sink, config, stats);
  return {
      {Protocol::kTls, tls::recognise, [&sink](const Flow& flow) { return tls::make_tls_parser(flow, sink); }},
      {Protocol::kSmb2, smb::recognise_smb, [factory](const Flow& flow) { return factory->smb(flow); },
       [factory](const Flow& flow, const ParserMemory& memory) { return factory->wake_smb(flow, memory); }},
      {Protocol::kHttp2, http2::recognise_http2, [factory](const Flow& flow) { return factory->http2(flow, nullptr); }},
      {Protocol::kHttp1, http::recognise_http1, [factory](const Flow& flow) { return factory->http1(flow); },
       [factory](const Flow& flow, const ParserMemory& memory) { return factory->wake_http1(flow, memory); }},
  };
}

}  // namespace sallyport
