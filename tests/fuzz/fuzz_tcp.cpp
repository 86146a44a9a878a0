// Eight bytes a step make a segment of one of two flows, a tick or a close; the sink checks that offsets follow each
// other.
#include "daemon/base/byte_reader.h"
#include "daemon/net/tcp_reassembler.h"
#include "tests/support/recording_stream_sink.h"
#include "tests/support/tcp_script.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  test::RecordingStreamSink sink;
  sink.quiet = true;
  ByteReader reader(as_byte_span(data, size));
  const bool lossless = reader.u8() % 2 != 0;
  TcpReassembler net(sink, {.flows_max = 2,
                            .lossless = lossless,
                            .reorder_bytes = 600,
                            .held_bytes_max = 1500,
                            .history_bytes = 64,
                            .buffered_bytes_max = 2500});
  test::TcpScript flows[] = {test::TcpScript(), test::TcpScript("::1", "::2")};
  while (reader.remaining() >= 8) {
    test::TcpScript& flow = flows[reader.u8() % 2];
    const unsigned kind = reader.u8();
    const std::uint32_t sequence = 900U + reader.u16be();
    const std::size_t length = reader.u8() % 64;
    const std::uint8_t flags = reader.u8();
    kind % 2 ? flow.client() : flow.server().isn(1000, 900);
    flow.gap(reader.u8())
        .wait(std::chrono::milliseconds(reader.u8() * 20))
        .raw(sequence, flags, std::string(length, static_cast<char>(kind)))
        .play(net);
    if (kind % 16 == 7) net.on_tick(flow.time());
    if (kind % 32 == 9) net.close(sink.last(), CloseReason::kBlocked, flow.time());
  }
  net.on_end({});
  SALLYPORT_CHECK(sink.still_open() == 0 && net.stats().buffered_bytes.value() == 0);
  return 0;
}
