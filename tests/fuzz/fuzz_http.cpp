// HTTP/1 streams: each record is a byte (bit 0 direction, bit 1 gap, bit 2 half close), a byte of size, and that many
// bytes.
#include "daemon/protocols/http/http1_parser.h"
#include "tests/support/discarding_transfer_sink.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  test::DiscardingTransferSink sink;
  http::HttpConfig config;
  config.expansion_bytes_max = 1 << 20;
  http::HttpStats stats;
  const Flow flow{FlowId{1}, {}, {}, size % 2 == 1, {}};
  const auto parser = http::make_http1_parser(flow, sink, config, stats);
  Bytes input = as_byte_span(data, size);
  while (input.size() >= 2 && parser->state() == ParserState::kRunning) {
    const auto kind = std::to_integer<unsigned>(input[0]);
    const Direction direction = kind & 1 ? Direction::kServerToClient : Direction::kClientToServer;
    const Bytes bytes = prefix(input.subspan(2), std::to_integer<std::size_t>(input[1]) + 1);
    input = input.subspan(2 + bytes.size());
    if (!bytes.empty()) parser->feed(direction, bytes, {});
    if (kind & 2) parser->gap(direction, kind, {});
    if (kind & 4) parser->half_close(direction, {});
  }
  parser->finish(size % 3 ? CloseReason::kFinished : CloseReason::kReset, {});
  return 0;
}
