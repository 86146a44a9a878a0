// gRPC and protobuf bodies: a byte of which form, a byte of how it is cut, the body.
#include "daemon/protocols/http/http_entity.h"
#include "tests/support/discarding_transfer_sink.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  if (size < 2) return 0;
  static constexpr const char* kTypes[] = {"application/grpc", "application/grpc-web-text", "application/x-protobuf"};
  static constexpr const char* kCodings[] = {"identity", "gzip", "deflate", "zstd"};
  test::DiscardingTransferSink sink;
  http::HttpConfig config;
  config.expansion_bytes_max = 1 << 20;
  http::HttpStats stats;
  http::EntityContext context{FlowId{1}, sink, config, stats, {}};
  http::Head head;
  head.fields.push_back({"content-type", kTypes[data[0] % 3], false, false});
  head.fields.push_back({"grpc-encoding", kCodings[data[0] / 4 % 4], false, false});
  http::Entity entity(context, {}, head);
  const std::size_t piece = data[1] + std::size_t{1};
  for (Bytes body = as_byte_span(data + 2, size - 2); !body.empty(); body = body.subspan(prefix(body, piece).size())) {
    entity.push(prefix(body, piece));
    if (data[0] & 128 && body.size() % 7 == 0) entity.lose(body.size() % 40);
  }
  entity.finish({});
  return 0;
}
