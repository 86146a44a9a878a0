// Seams 1 and 2 for front ends that have streams instead of packets: relays that accept connections.
// Producer: frontends/tproxy. Consumer: pipeline.
#pragma once

#include "daemon/base/time.h"
#include "daemon/contract/stream_sink.h"

namespace sallyport {

/// One shard's stream entry. All calls come from one thread. What has to be asked of the front end about the bytes that
/// are being handed in was asked through FlowControl before a call returns.
class StreamEntry : public StreamSink {
 public:
  /// Time passes, or wake_fd() is readable: timeouts and verdicts that came meanwhile. At least every
  /// limits::kTickInterval.
  virtual void on_tick(Timestamp now) = 0;
  /// Poll it for reading beside the sockets; then call on_tick().
  virtual int wake_fd() const = 0;
  /// What is withheld of this direction has no room any more: its transfers are judged as they stand
  /// (NotInspected::kOverBudget), so that the direction is let go or dropped before this returns.
  virtual void on_hold_full(FlowId flow, Direction direction, Timestamp time) = 0;
  /// No flow is open any more and none will be: waits (bounded by the deadlines) for pending verdicts.
  virtual void on_end(Timestamp now) = 0;
};

}  // namespace sallyport
