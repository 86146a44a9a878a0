// WebSocket streams: a byte of what was agreed on, then records as in fuzz_http2.
#include "daemon/protocols/websocket/websocket_parser.h"
#include "tests/support/discarding_transfer_sink.h"

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
  const auto parser = websocket::make_websocket_parser(Flow{}, {sink, http_config, http_stats, config, stats}, upgrade);
  Bytes input = as_byte_span(data, size).subspan(size ? 1 : 0);
  while (input.size() >= 2) {
    const auto kind = std::to_integer<unsigned>(input[0]);
    const Direction direction = kind & 1 ? Direction::kServerToClient : Direction::kClientToServer;
    const Bytes bytes = prefix(input.subspan(2), std::to_integer<std::size_t>(input[1]) + 1);
    input = input.subspan(2 + bytes.size());
    if (!bytes.empty()) parser->feed(direction, bytes, {});
    if (kind & 2) parser->gap(direction, kind, {});
  }
  parser->finish(CloseReason::kFinished, {});
  return 0;
}
