// Seam 1 of the data's way: packets, from whoever captures them.
// Producers: frontends/tap, frontends/nfqueue. Consumer: pipeline (which feeds net).
#pragma once

#include <optional>

#include "daemon/base/ids.h"
#include "daemon/contract/flow.h"
#include "daemon/contract/packet.h"

namespace sallyport {

/// Where a packet belongs; the front end applies the flow's hold or drop to it.
struct PacketPlace {
  FlowId flow;  ///< zero: of no flow we follow; pass it
  Direction direction = Direction::kClientToServer;
  bool carries_stream = false;  ///< it has payload, SYN, FIN or RST: subject to hold. Pure acknowledgements are not.
  /// It says other bytes than earlier packets, and nothing of it was taken: a front end that can drop does. Never set
  /// where none can (ReassemblyConfig::can_drop).
  bool contradicts = false;
};

/// One shard's packet entry. All calls come from one thread.
class PacketSink {
 public:
  virtual ~PacketSink() = default;

  /// Takes one packet; whatever has to be asked of the front end was asked through FlowControl before this returns.
  virtual PacketPlace on_packet(const RawPacket& packet) = 0;
  /// Time passes, or wake_fd() is readable: timeouts and verdicts that came meanwhile. At least every
  /// limits::kTickInterval live; a file front end calls it as the packets' time goes on.
  virtual void on_tick(Timestamp now) = 0;
  /// Poll it for reading beside the packets; then call on_tick().
  virtual int wake_fd() const = 0;
  /// No packet will come any more: closes every flow and waits (bounded by the deadlines) for pending verdicts.
  virtual void on_end(Timestamp now) = 0;
};

}  // namespace sallyport
