// Between verdict and event: does to the flows what the verdict says, and tells honestly what came of it.
// Caller: pipeline. Uses: FlowControl (seam 5).
#pragma once

#include <span>

#include "daemon/actions/tcp_reset.h"
#include "daemon/base/counter.h"
#include "daemon/contract/event.h"
#include "daemon/contract/flow_control.h"
#include "daemon/contract/transfer.h"
#include "daemon/contract/verdict.h"

namespace sallyport {

/// One flow that carries, or carried, a part of the transfer.
struct EnforcedFlow {
  /// Borrowed for the call. Null: the flow was dropped earlier; nothing is done to it again, but what it withholds
  /// counts.
  const Flow* flow = nullptr;
  /// What each side expects next. For a direction that is held, the number of the moment of the hold:
  /// HoldQueue::position().
  TcpPosition position;
  /// On this flow bytes that the receiver needs for the object, its last one or the end of its message, have not left.
  bool tail_withheld = false;
};

struct EnforcerStats {
  Counter allowed;
  Counter alerted;
  Counter blocked;
  Counter resets_attempted;  ///< transfers whose outcome was Disposition::kResetAttempted
  Counter blocks_too_late;
  Counter
      blocks_not_possible;  ///< the verdict was block, and the front end could neither drop nor inject: only alerted
  Counter flows_dropped;
  Counter resets_injected;  ///< packets
  Counter inject_failures;  ///< packets
};

/// One thread: that of the shard. Keeps no state but its counters; `control` must outlive it.
class Enforcer {
 public:
  explicit Enforcer(FlowControl& control, ResetGuesses guesses = {}) : control_(control), guesses_(guesses) {}

  /// Allow and alert touch no flow: letting go of what is held is HoldQueue::settle(). Block drops every flow given
  /// where the front end can, and sends resets to both ends where it can. Gives what was really done: kBlocked only
  /// where bytes can be dropped and the receiver lacks some of the object; kBlockTooLate where it has all of it;
  /// kResetAttempted where at least one reset left behind bytes already gone; kAlerted where nothing could be done.
  Disposition enforce(const Verdict& verdict, const Transfer& transfer, std::span<const EnforcedFlow> flows);

  const EnforcerStats& stats() const { return stats_; }

 private:
  Disposition block(const Transfer& transfer, std::span<const EnforcedFlow> flows);
  Disposition block_inline(const Transfer& transfer, std::span<const EnforcedFlow> flows);
  Disposition block_by_reset(std::span<const EnforcedFlow> flows);
  /// The number of packets that left.
  std::size_t inject(std::span<const ByteBuffer> packets);

  FlowControl& control_;
  ResetGuesses guesses_;
  EnforcerStats stats_;
};

}  // namespace sallyport
