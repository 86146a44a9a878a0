// TLS: any bytes, cut at the first byte's word, give one account and the same name. QUIC: any bytes as datagrams, and
// as the frames of a packet that is authentic.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "daemon/protocols/tls/tls_parser.h"
#include "tests/support/quic_initial.h"
#include "tests/support/recording_transfer_sink.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  if (size == 0) return 0;
  const Bytes bytes = as_byte_span(data + 1, size - 1);
  tls::recognise(Direction::kClientToServer, bytes);
  tls::ClientHelloReader whole;
  whole.feed(bytes);
  test::RecordingTransferSink sink;
  tls::TlsParser parser(Flow{FlowId{1}, {}, {}, false, {}}, sink);
  for (std::size_t at = 0; at < bytes.size(); at += 1 + data[0]) {
    parser.feed(Direction::kClientToServer, prefix(bytes.subspan(at), 1 + std::size_t{data[0]}), Timestamp{});
  }
  parser.finish(CloseReason::kFinished, Timestamp{});
  tls::QuicHelloReader quic;
  quic.feed(as_byte_span(test::quic_initial(std::string(as_text(bytes)), {.size_min = 0})));
  for (std::size_t at = 0; at < bytes.size(); at += 1 + data[0]) {
    quic.feed(prefix(bytes.subspan(at), 1 + std::size_t{data[0]}));
  }
  if (quic.done() && quic.memory_bytes() > 0) std::abort();
  if (bytes.empty()) return 0;
  const auto object = sink.objects().at(0);
  const tls::ClientHello& hello = whole.hello();
  if (object.passed != bytes.size() || object.facts.host != hello.server_name || object.facts.alpn != hello.protocols) {
    std::abort();
  }
  return 0;
}
