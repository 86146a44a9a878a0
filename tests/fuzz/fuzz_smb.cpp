// SMB. Before each piece: one byte (direction, gap, conflict, silence) and two of its size. A parser that sleeps goes
// on as another.
#include "daemon/base/byte_reader.h"
#include "daemon/protocols/smb/smb_parser.h"
#include "tests/support/recording_transfer_sink.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  smb::SmbConfig config;
  config.pending_requests_max = config.open_files_max = config.sessions_max = config.trees_max = 8;
  smb::SmbStats stats;
  test::RecordingTransferSink sink;
  sink.interest = Interest::kAccount;  // offsets up to 2^63 are legal; the recording sink would keep such objects whole
  Flow flow{FlowId{1}, {}, {}, size % 2 == 1, {}};
  auto parser = smb::make_smb_parser(flow, sink, config, stats);
  ByteReader input(as_byte_span(data, size));
  while (input.remaining() > 3) {
    const unsigned control = input.u8();
    const std::size_t length = input.u16le();
    const auto direction = static_cast<Direction>(control & 1);
    if (control & 2) parser->gap(direction, length, {});
    if (control & 4) parser->conflict(direction, {});
    if (!(control & 2))
      parser->feed(direction, input.take(length < input.remaining() ? length : input.remaining()), {});
    ParserMemory memory;
    if ((control & 8) && parser->sleep(memory)) parser = smb::wake_smb_parser(flow, memory, sink, {config, stats, {}});
  }
  parser->finish(CloseReason::kFinished, {});
  return 0;
}
