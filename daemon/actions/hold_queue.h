// Between verdict and front end: which transfers keep which flow directions held, and until when.
// Caller: pipeline. Uses: FlowControl (seam 5).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/base/counter.h"
#include "daemon/base/ids.h"
#include "daemon/base/time.h"
#include "daemon/contract/flow.h"
#include "daemon/contract/flow_control.h"

namespace sallyport {

struct HoldQueueConfig {
  /// How long a flow must be silent behind the end of a unit before quiet() says that nothing more seems to follow.
  Duration settle_time = std::chrono::milliseconds(10);
  /// Flows with something held at once, over all transfers of a shard; each costs about half a kilobyte here, and
  /// packets in the kernel's queue.
  std::size_t flows_max = 65536;
};

/// One wish to withhold.
struct HoldRequest {
  FlowId flow;
  Direction direction = Direction::kClientToServer;
  TransferId transfer;
  TcpPosition position;  ///< before the packet that is being handed in
  Timestamp now;
  Timestamp deadline;  ///< when expired() tells of the transfer; of several wishes of one transfer the earliest counts
  /// It is not known whether this is the end of the object (an SMB WRITE): quiet() then tells of the transfer.
  bool more_may_follow = false;
};

struct HoldQueueStats {
  Counter holds;               ///< flow directions that became held
  Counter releases;            ///< flow directions let go because nobody held them any more
  Counter refused;             ///< wishes above HoldQueueConfig::flows_max or limits::kHoldersPerDirection
  Counter deadlines_passed;    ///< transfers that expired() told of
  Counter quiet_transfers;     ///< times that quiet() told of a transfer
  Counter flows_held_now;      ///< gauge
  Counter transfers_held_now;  ///< gauge
};

/// A direction stays held while at least one transfer holds it. One thread: that of the shard. `control` must outlive
/// it.
class HoldQueue {
 public:
  HoldQueue(FlowControl& control, HoldQueueConfig config) : control_(control), config_(config) {}

  /// Holds, unless held already. False: refused because a limit was reached; nothing has changed, and the caller
  /// applies the outcome on_overload.
  bool hold(const HoldRequest& request);
  /// A packet with stream bytes of this flow came. Costs one look-up, none while nothing is held.
  void touch(FlowId flow, Timestamp now);
  /// The transfer has its verdict, or turned out not to end here: releases the directions that no other transfer holds.
  void settle(TransferId transfer);
  /// The flow was dropped or is over: all holds on it vanish without a release.
  void forget(FlowId flow);

  /// Transfers whose deadline has come; each is told of once. They stay held until settle().
  std::vector<TransferId> expired(Timestamp now);
  /// Transfers held with `more_may_follow` on whose held flows nothing came for the settle time; each is told of once
  /// per silence. They stay held until settle().
  std::vector<TransferId> quiet(Timestamp now);

  /// Who holds this direction.
  std::vector<TransferId> holders(FlowId flow, Direction direction) const;
  bool is_held(FlowId flow, Direction direction) const;
  bool is_held(TransferId transfer) const { return transfers_.contains(transfer); }
  /// Since when; nothing where it is not held.
  std::optional<Timestamp> held_since(FlowId flow, Direction direction) const;
  /// What the two receivers expect next: `now`, with the numbers of held directions as they were when the hold began.
  TcpPosition position(FlowId flow, TcpPosition now) const;

  const HoldQueueStats& stats() const { return stats_; }

 private:
  struct HeldDirection {
    std::vector<TransferId> holders;  // held while not empty
    TcpPosition position;
    Timestamp since;
  };
  struct HeldFlow {
    std::array<HeldDirection, 2> directions;
    Timestamp last_packet;
  };
  struct HeldTransfer {
    std::vector<std::pair<FlowId, Direction>> places;
    Timestamp deadline;
    bool more_may_follow = false;
    std::optional<Timestamp> told_quiet_since;  // the last packet before the silence that quiet() told of
  };

  bool has_room(const HoldRequest& request) const;
  void add_holder(HeldFlow& flow, const HoldRequest& request);
  void add_place(const HoldRequest& request, bool new_place);
  Timestamp last_packet(const HeldTransfer& transfer) const;
  void leave(TransferId transfer, FlowId flow, Direction direction);
  void erase_transfer(TransferId transfer);
  void update_gauges();

  FlowControl& control_;
  HoldQueueConfig config_;
  std::unordered_map<FlowId, HeldFlow> flows_;
  std::unordered_map<TransferId, HeldTransfer> transfers_;
  std::set<std::pair<Timestamp, TransferId>> deadlines_;  // of those not yet told of
  std::set<TransferId> awaiting_silence_;                 // those with more_may_follow
  HoldQueueStats stats_;
};

}  // namespace sallyport
