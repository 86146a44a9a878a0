// Start of the data's way: what every source of packets or streams looks like to the daemon.
#pragma once

#include "daemon/base/counter.h"
#include "daemon/base/result.h"
#include "daemon/contract/flow_control.h"
#include "daemon/contract/packet_sink.h"
#include "daemon/contract/stream_entry.h"

namespace sallyport {

struct FrontendStats {
  Counter packets;            ///< handed in
  Counter bytes;              ///< of these packets, as on the wire
  Counter kernel_dropped;     ///< packets that the kernel could not hand over, as it tells
  Counter interface_dropped;  ///< packets that the card or its driver lost, where it tells
  Counter truncated;          ///< packets that came shorter than on the wire
  Counter injected;           ///< packets sent for FlowControl::inject()
  Counter inject_failures;    ///< packets that could not be sent
};

/// One source for one shard. start() and run() come once, on the shard's thread unless a front end says
/// otherwise.
class Frontend {
 public:
  virtual ~Frontend() = default;

  /// Opens what needs privileges. After a failure the object can only be destroyed.
  virtual Status start() = 0;
  /// Hands in until stop() or the end of the capture, then calls on_end() of where it goes.
  virtual Status run() = 0;
  /// Makes run() return soon. Any thread, also before run() and more than once.
  virtual void stop() = 0;
  virtual const Capabilities& capabilities() const = 0;
  virtual const FrontendStats& stats() const = 0;
};

class PacketFrontend : public Frontend {
 public:
  /// Where packets go. Once, before run(); `sink` outlives run().
  virtual void attach(PacketSink& sink) = 0;
};

class StreamFrontend : public Frontend {
 public:
  /// Where streams go. Once, before run(); `entry` outlives run().
  virtual void attach(StreamEntry& entry) = 0;
};

}  // namespace sallyport
