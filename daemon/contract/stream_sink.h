// Seam 2 of the data's way: TCP bytes in order, from whoever has them.
// Producers: net/tcp_reassembler (tap, NFQUEUE), later frontends/tproxy. Consumers: pipeline, then
// protocols/dispatcher.
#pragma once

#include <cstdint>

#include "daemon/base/bytes.h"
#include "daemon/base/ids.h"
#include "daemon/contract/flow.h"
#include "daemon/contract/interest.h"
#include "daemon/contract/transfer.h"

namespace sallyport {

/// Receives the bytes of many flows, each direction in order and without overlap.
/// Calls for one flow come from one thread and do not re-enter. A span is valid during the call only.
class StreamSink {
 public:
  virtual ~StreamSink() = default;

  /// kNone: the producer forgets the flow; no further call comes for it. Else `flow` stays where it is, unchanged,
  /// until on_close() has returned.
  virtual Interest on_open(const Flow& flow) = 0;
  /// `offset` counts from the first byte of this direction, gaps included. `bytes` is never empty.
  virtual void on_bytes(FlowId flow, Direction direction, std::uint64_t offset, Bytes bytes, Timestamp time) = 0;
  /// These bytes were lost and will never come. Inline front ends cause no gaps but those of mid-stream pickup.
  virtual void on_gap(FlowId flow, Direction direction, std::uint64_t offset, std::uint64_t size_bytes,
                      Timestamp time) = 0;
  /// Bytes that came again at `offset` with other content than was, or will be, given to on_bytes.
  virtual void on_conflict(FlowId flow, Direction direction, std::uint64_t offset, Bytes other, Timestamp time) = 0;
  /// Bytes that came again at `offset`, given to on_bytes too long ago to be compared: the same, or not.
  virtual void on_repeat(FlowId /*flow*/, Direction /*direction*/, std::uint64_t /*offset*/, Bytes /*bytes*/,
                         Timestamp /*time*/) {}
  /// From here on the bytes of this direction are in doubt: urgent data, MPTCP. Signs stay for the life of the flow.
  virtual void on_evasion(FlowId /*flow*/, Direction /*direction*/, EvasionSet /*signs*/) {}
  /// The flow has been silent for a while, or memory is short, and all its bytes are acknowledged: what only bytes that
  /// come again would need is of no use any more. More may come all the same.
  virtual void on_quiet(FlowId /*flow*/) {}
  /// FIN: this direction ends here; the other may go on.
  virtual void on_half_close(FlowId flow, Direction direction, Timestamp time) = 0;
  /// The last call for a flow.
  virtual void on_close(FlowId flow, CloseReason reason, Timestamp time) = 0;
};

}  // namespace sallyport
