// Seam 5, back to the front end: what can be done to a flow.
// Callers: actions/enforcer, pipeline. Implementations: every front end.
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/base/bytes.h"
#include "daemon/base/ids.h"
#include "daemon/contract/flow.h"

namespace sallyport {

/// What a front end can do. The policy is checked against it when it is loaded.
struct Capabilities {
  std::string_view front_end;         ///< "tap", "pcap", "nfqueue", ...
  bool can_drop = false;              ///< bytes can be kept from the receiver
  bool can_hold = false;              ///< bytes can be withheld until a verdict
  bool can_withhold_objects = false;  ///< whole objects: not one byte leaves before the verdict
  bool can_inject = false;            ///< packets or bytes of our own can be sent (RST)
  bool can_bypass = false;            ///< the kernel can pass a flow without us
  bool may_lose_packets = false;      ///< gaps can be our own fault
};

/// Calls come on the thread of the flow only. A flow that the front end does not know is ignored without complaint.
class FlowControl {
 public:
  virtual ~FlowControl() = default;

  virtual const Capabilities& capabilities() const = 0;

  /// Bytes of this direction that are being handed in right now, and all later ones, are withheld. Repeating it changes
  /// nothing. Packet front ends withhold packets with payload, FIN or RST and let pure acknowledgements pass.
  virtual void hold(FlowId flow, Direction direction) = 0;
  /// Lets go what is withheld, in order, and what comes later.
  virtual void release(FlowId flow, Direction direction) = 0;
  /// Discards what is withheld, what is being handed in and all that comes later, in both directions.
  virtual void drop(FlowId flow) = 0;
  /// No rule can match any more: the front end need not hand in this flow again. What is withheld is released.
  virtual void bypass(FlowId flow) = 0;
  /// The flow is over; nothing more will be asked of it. What is withheld is released unless drop() was called.
  virtual void forget(FlowId flow) = 0;

  /// Says `bytes` to the receiver of `direction` in the name of its sender, in place of all that the sender said from
  /// `behind` (an offset of the stream) on. drop() follows, and closes this side only when they have been read. False
  /// where something of that was let go already, or the front end cannot.
  virtual bool answer(FlowId /*flow*/, Direction /*direction*/, std::uint64_t /*behind*/, Bytes /*bytes*/) {
    return false;
  }

  /// Sends one whole IP packet (header included) made by actions/tcp_reset. False where the front end cannot or the
  /// kernel would not; the front end counts that.
  virtual bool inject(Bytes ip_packet) = 0;
};

}  // namespace sallyport
