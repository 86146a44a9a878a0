#include "daemon/pipeline/protocols.h"

#include "daemon/protocols/http/http_recognition.h"
#include "daemon/protocols/tls/tls_parser.h"

namespace sallyport {

std::vector<ProtocolEntry> protocol_entries(TransferSink& sink, const ProtocolsConfig& config, ProtocolStats& stats) {
  return {
      {Protocol::kTls, tls::recognise,
       [&sink](const Flow& flow) { return std::make_unique<tls::TlsParser>(flow, sink); }},
      {Protocol::kSmb2, smb::recognise_smb,
       [&sink, &stats, smb_config = config.smb, tables = config.smb_tables](const Flow& flow) {
         return smb::make_smb_parser(flow, sink, smb_config, stats.smb, tables);
       }},
      {Protocol::kHttp1, http::recognise_http1,
       [&sink, &stats, http_config = config.http](const Flow& flow) {
         return http::make_http1_parser(flow, sink, http_config, stats.http);
       }},
  };
}

}  // namespace sallyport
