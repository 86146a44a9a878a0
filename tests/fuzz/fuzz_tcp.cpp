// Eight bytes a step make a segment of one of two flows, a tick or a close; the sink checks that offsets follow each
// other.
#include "daemon/base/byte_reader.h"
#include "daemon/net/tcp_reassembler.h"
#include "tests/support/recording_stream_sink.h"
#include "tests/support/tcp_script.h"

using namespace sallyport;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ReassemblyConfig config;
  config.flows_max = 2, config.reorder_bytes = 600, config.held_bytes_max = 1500, config.history_bytes = 64,
  config.buffered_bytes_max = 2500;
  ByteReader reader(as_byte_span(data, size));
  config.lossless = config.can_drop = reader.u8() % 2 != 0;
  test::RecordingStreamSink sink;
  sink.quiet = true;
  TcpReassembler net(sink, config);
  test::TcpScript flows[] = {test::TcpScript(), test::TcpScript("::1", "::2")};
  while (reader.remaining() >= 8) {
    test::TcpScript& flow = flows[reader.u8() % 2];
    const unsigned kind = reader.u8();
    const std::uint32_t sequence = 900U + reader.u16be();
    const std::string payload(reader.u8() % 64, static_cast<char>(kind));
    const std::uint8_t flags = reader.u8();
    (kind % 2 ? flow.client() : flow.server()).gap(reader.u8()).wait(std::chrono::milliseconds(reader.u8() * 20));
    flow.raw(sequence, flags, payload).play(net);
    if (kind % 16 == 7) net.on_tick(flow.time());
    if (kind % 32 == 9) net.close(sink.last(), CloseReason::kBlocked, flow.time());
  }
  net.on_end({});
  SALLYPORT_CHECK(sink.still_open() == 0 && net.stats().buffered_bytes.value() == 0);
  return 0;
}
