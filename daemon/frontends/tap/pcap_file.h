// Packets of a capture file into seam 1, as fast as they can be read. pcap and pcapng, gzip or not.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/contract/flow_control.h"
#include "daemon/contract/packet_sink.h"

namespace sallyport {

struct PcapFileSummary {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;      ///< captured
  std::uint64_t truncated = 0;  ///< packets captured shorter than on the wire
  std::uint64_t lost = 0;       ///< bytes of those packets that the capture lacks
  Timestamp first;              ///< of the packets; both zero where there is none
  Timestamp last;
  /// Set where the file is broken or ends in the middle of a packet: what came before was handed in. Names file and
  /// place.
  std::optional<std::string> warning;
};

struct PcapFileOptions {
  /// Called now and then with how many bytes of how many were read (the total is zero for pipes).
  std::function<void(std::uint64_t read, std::uint64_t total)> progress;
};

/// Runs a whole file: packets, on_tick() each limits::kTickInterval of packet time, on_end(). One thread.
/// Fails where the file cannot be opened, is no capture, or has a link type that net cannot read; the sink then saw
/// nothing.
Result<PcapFileSummary> read_pcap_file(const std::string& path, PacketSink& sink, const PcapFileOptions& options = {});

/// Nothing can be done to what happened long ago.
class ObservingFlowControl : public FlowControl {
 public:
  const Capabilities& capabilities() const override { return capabilities_; }
  void hold(FlowId, Direction) override {}
  void release(FlowId, Direction) override {}
  void drop(FlowId) override {}
  void bypass(FlowId) override {}
  void forget(FlowId) override {}
  bool inject(Bytes) override { return false; }

 private:
  Capabilities capabilities_{"pcap", false, false, false, false, false, true};
};

}  // namespace sallyport
