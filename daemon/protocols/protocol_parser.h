// The push contract of every application protocol. One parser serves one flow, both directions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/base/bytes.h"
#include "daemon/base/time.h"
#include "daemon/contract/flow.h"
#include "daemon/contract/transfer.h"

namespace sallyport {

enum class ParserState : std::uint8_t {
  kRunning,
  kHandOver,  ///< what follows is another protocol (CONNECT, Upgrade): successor(), or the dispatcher looks at it anew
  kFailed,    ///< sticky: bytes are only counted from here on, as passed and not inspected
};

class ProtocolParser;
/// Who takes the bytes behind a hand-over.
struct Successor {
  Protocol protocol = Protocol::kUnknown;
  std::unique_ptr<ProtocolParser> parser;  ///< null: nobody is named
};

/// What is left of a parser whose flow is silent: enough to make it anew, in the state it was in. A value.
struct ParserMemory {
  std::array<std::uint64_t, 2> messages{};  ///< of each direction, read so far: names of transfers go on from there
  std::string rest;                         ///< in a form of the protocol's own
};

/// Pushed: owns no socket, thread, timer or clock; logs nothing; results leave through a TransferSink given at
/// construction. Needing more bytes is normal and invisible. Every buffer inside has a named limit. Not thread-safe;
/// one flow, one thread.
class ProtocolParser {
 public:
  virtual ~ProtocolParser() = default;

  /// Takes bytes in order and gives how many it took: all of them, unless state() has become kHandOver. `bytes` dies
  /// with the call.
  virtual std::size_t feed(Direction direction, Bytes bytes, Timestamp time) = 0;
  /// `size` bytes of this direction were lost at this place. The parser finds its way again or fails.
  virtual void gap(Direction direction, std::uint64_t size, Timestamp time) = 0;
  /// Another reading of bytes already fed exists: whatever is open in this direction is flagged.
  virtual void conflict(Direction direction, Timestamp time) = 0;
  /// This direction has ended (FIN); the other may go on.
  virtual void half_close(Direction direction, Timestamp time) = 0;
  /// The flow is over: every open transfer is ended.
  virtual void finish(CloseReason reason, Timestamp time) = 0;
  virtual ParserState state() const = 0;
  /// Where in the server's stream the answer to the oldest request that waits for one begins, or would begin: a message
  /// of ours in its place is read as that answer. Counted from the first byte of the piece that is being fed; while
  /// none is, from behind the last one. Nothing where the protocol has no such place, no request waits, or what is
  /// being sent in `blocked` is not of the oldest one.
  virtual std::optional<std::int64_t> answer_place(Direction /*blocked*/) const { return std::nullopt; }
  /// Bytes of memory that it holds, reckoned from above. Asked after every call, so it costs no walk through tables.
  /// Zero: too little to count.
  virtual std::size_t memory_bytes() const { return 0; }
  /// There is no memory for it any more: everything open ends as NotInspected::kOverBudget. True where it goes on, with
  /// less; else it may sleep(), to be made again where a message begins, and finish() is not called.
  virtual bool give_up(Timestamp time) {
    finish(CloseReason::kEvicted, time);
    return false;
  }
  /// Asked while the flow is silent. True where both directions stand between messages and nothing is open or waited
  /// for: then `memory` holds all that the next message needs, and the parser may be destroyed without finish().
  virtual bool sleep(ParserMemory& /*memory*/) { return false; }
  /// Asked once, when state() has become kHandOver and before finish(): who goes on with both directions, made with
  /// what the handshake agreed on. None: what follows is told by its content.
  virtual Successor successor() { return {}; }
};

}  // namespace sallyport
