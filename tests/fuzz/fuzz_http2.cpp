// HTTP/2 streams: each record is a byte (bit 0 direction, bit 1 gap, bit 2 half close, bit 3 conflict), a byte of size,
// and that many bytes.
#include "daemon/protocols/http2/http2_parser.h"
#include "tests/support/discarding_transfer_sink.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  test::DiscardingTransferSink sink;
  http::HttpConfig http_config;
  http_config.expansion_bytes_max = 1 << 20;
  http::HttpStats http_stats;
  const http2::Http2Config config{.streams_max = 8, .fields_bytes_max = 4096, .reset_streams_max = 4};
  http2::Http2Stats stats;
  const Flow flow{FlowId{1}, {}, {}, size % 2 == 1, {}};
  const auto parser = http2::make_http2_parser(flow, {sink, http_config, http_stats, config, stats});
  Bytes input = as_byte_span(data, size);
  while (input.size() >= 2) {
    const auto kind = std::to_integer<unsigned>(input[0]);
    const Direction direction = kind & 1 ? Direction::kServerToClient : Direction::kClientToServer;
    const Bytes bytes = prefix(input.subspan(2), std::to_integer<std::size_t>(input[1]) + 1);
    input = input.subspan(2 + bytes.size());
    if (!bytes.empty()) parser->feed(direction, bytes, {});
    if (kind & 2) parser->gap(direction, kind, {});
    if (kind & 4) parser->half_close(direction, {});
    if (kind & 8) parser->conflict(direction, {});
  }
  parser->finish(size % 3 ? CloseReason::kFinished : CloseReason::kReset, {});
  return 0;
}
