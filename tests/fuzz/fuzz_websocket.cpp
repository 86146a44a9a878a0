// WebSocket streams: a byte of what was agreed on, then records of tests/support/parser_script.h.
#include "daemon/protocols/websocket/websocket_parser.h"
#include "tests/support/discarding_transfer_sink.h"
#include "tests/support/parser_script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  test::DiscardingTransferSink sink;
  http::HttpConfig http_config;
  http_config.expansion_bytes_max = 1 << 20;
  http::HttpStats http_stats;
  const websocket::WebSocketConfig config{.join_bytes_max = 1024, .join_bytes_of_shard_max = 4096};
  websocket::WebSocketStats stats;
  http::Upgrade upgrade;
  const unsigned agreed = size ? data[0] : 0;
  upgrade.answer_seen = agreed & 1;
  if (agreed & 2)
    upgrade.extensions = agreed & 4 ? "permessage-deflate;client_no_context_takeover" : "permessage-deflate";
  test::play_records(websocket::make_websocket_parser(Flow{}, {sink, http_config, http_stats, config, stats}, upgrade),
                     as_byte_span(data, size).subspan(size ? 1 : 0));
  return 0;
}
