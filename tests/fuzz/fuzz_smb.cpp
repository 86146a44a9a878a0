// SMB: one byte of control before each piece: direction, gap or bytes, and the piece's size.
#include <cstdint>
#include <memory>

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
  const auto parser = smb::make_smb_parser(flow, sink, config, stats);
  Bytes rest = as_byte_span(data, size);
  while (rest.size() >= 2) {
    const auto control = std::to_integer<unsigned>(rest[0]);
    const auto direction = control & 1 ? Direction::kServerToClient : Direction::kClientToServer;
    const Bytes piece = prefix(rest.subspan(1), (control & 0x3c) == 0x3c ? rest.size() : (control >> 2) * 8);
    if ((control & 2) != 0) parser->gap(direction, control >> 2, {});
    parser->feed(direction, piece, {});
    rest = rest.subspan(1 + piece.size());
  }
  parser->finish(CloseReason::kFinished, {});
  return 0;
}
