// Any bytes as a captured packet: the first byte picks link type, checksum check and truncation.
#include <algorithm>
#include <cstdint>

#include "daemon/base/byte_reader.h"
#include "daemon/net/tcp_reassembler.h"
#include "tests/support/recording_stream_sink.h"

namespace {

sallyport::ChecksumState checksums_by(unsigned choice) {
  using sallyport::ChecksumState;
  if ((choice & 0x80U) != 0) return ChecksumState::kChecked;
  return (choice & 0x20U) != 0 ? ChecksumState::kOffloaded : ChecksumState::kFilledIn;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  test::RecordingStreamSink sink;
  sink.quiet = true;
  ReassemblyConfig config;
  config.flows_max = 16;
  TcpReassembler net(sink, config);
  ByteReader reader(as_byte_span(data, size));
  while (reader.remaining() > 2) {
    const unsigned choice = reader.u8();
    const std::size_t length = std::min<std::size_t>(reader.u16be() & 0x7ffU, reader.remaining());
    const Bytes bytes = reader.take(length);
    const auto wire = static_cast<std::uint32_t>(length + ((choice & 0x40U) != 0 ? 1000 : 0));
    const auto link = static_cast<LinkType>(choice % 5);
    net.on_packet({bytes, wire, link, checksums_by(choice), Timestamp(std::chrono::seconds(choice))});
  }
  net.on_end({});
  SALLYPORT_CHECK(sink.still_open() == 0 && net.stats().buffered_bytes.value() == 0);
  return 0;
}
