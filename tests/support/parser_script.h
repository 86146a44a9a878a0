// Bytes to calls of a parser: for fuzzing one that takes both directions of a connection.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "daemon/protocols/protocol_parser.h"

namespace sallyport::test {

using Wake = std::function<std::unique_ptr<ProtocolParser>(const ParserMemory&)>;

/// Each record is a byte (bit 0 direction, bit 1 gap, bit 2 half close, bit 3 conflict, bit 4 silence), a byte of size,
/// and that many bytes and one. In silence a parser that can be waked sleeps, if it will. Stops where the parser does.
inline void play_records(std::unique_ptr<ProtocolParser> parser, Bytes input, const Wake& wake = {}) {
  const std::size_t total = input.size();
  while (input.size() >= 2 && parser->state() == ParserState::kRunning) {
    const auto kind = std::to_integer<unsigned>(input[0]);
    const Direction direction = kind & 1 ? Direction::kServerToClient : Direction::kClientToServer;
    const Bytes bytes = prefix(input.subspan(2), std::to_integer<std::size_t>(input[1]) + 1);
    input = input.subspan(2 + bytes.size());
    if (!bytes.empty()) parser->feed(direction, bytes, {});
    if (kind & 2) parser->gap(direction, kind, {});
    if (kind & 4) parser->half_close(direction, {});
    if (kind & 8) parser->conflict(direction, {});
    ParserMemory memory;
    if ((kind & 16) && wake && parser->state() == ParserState::kRunning && parser->sleep(memory)) parser = wake(memory);
  }
  parser->finish(total % 3 ? CloseReason::kFinished : CloseReason::kReset, {});
}

}  // namespace sallyport::test
