// HTTP/2 streams, as records of tests/support/parser_script.h.
#include "daemon/protocols/http2/http2_parser.h"
#include "tests/support/discarding_transfer_sink.h"
#include "tests/support/parser_script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  test::DiscardingTransferSink sink;
  http::HttpConfig http_config;
  http_config.expansion_bytes_max = 1 << 20;
  http::HttpStats http_stats;
  const http2::Http2Config config{.streams_max = 8, .fields_bytes_max = 4096, .reset_streams_max = 4};
  http2::Http2Stats stats;
  const Flow flow{FlowId{1}, {}, {}, size % 2 == 1, {}};
  test::play_records(http2::make_http2_parser(flow, {sink, http_config, http_stats, config, stats}),
                     as_byte_span(data, size));
  return 0;
}
