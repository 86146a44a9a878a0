// HTTP/1 streams, as records of tests/support/parser_script.h; a parser that sleeps goes on as another.
#include "daemon/protocols/http/http1_parser.h"
#include "tests/support/discarding_transfer_sink.h"
#include "tests/support/parser_script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  test::DiscardingTransferSink sink;
  http::HttpConfig config;
  config.expansion_bytes_max = 1 << 20;
  http::HttpStats stats;
  const Flow flow{FlowId{1}, {}, {}, size % 2 == 1, {}};
  const test::Wake wake = [&](const ParserMemory& memory) {
    return http::wake_http1_parser(flow, memory, sink, {config, stats, {}});
  };
  test::play_records(http::make_http1_parser(flow, sink, config, stats), as_byte_span(data, size), wake);
  return 0;
}
