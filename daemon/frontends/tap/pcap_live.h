// A copy of an interface's traffic into seam 1 (libpcap): sees everything, can hold nothing back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/contract/packet_sink.h"
#include "daemon/frontends/frontend.h"
#include "daemon/frontends/raw_injector.h"
#include "daemon/frontends/stop_signal.h"

struct pcap;

namespace sallyport {

struct PcapLiveConfig {
  std::string interface;                           ///< "eth0"; "any" for all of them
  std::string filter;                              ///< pcap-filter(7); empty: everything
  std::size_t ring_bytes = std::size_t{64} << 20;  ///< of the kernel's buffer: how long we may be late
  bool promiscuous = true;
  /// Several objects with one group share an interface: the kernel gives each flow, both directions and fragments, to
  /// one of them (packet(7), PACKET_FANOUT_HASH). They must be of one process and one configuration.
  std::optional<std::uint16_t> fanout_group;
  bool inject = true;  ///< open raw sockets for resets
};

/// One thread; FlowControl calls come on it too. Reads until stop(). Needs CAP_NET_RAW for start() and nothing for
/// run().
class PcapLive final : public PacketFrontend, public FlowControl {
 public:
  explicit PcapLive(PcapLiveConfig config);
  ~PcapLive() override;

  void attach(PacketSink& sink) override { sink_ = &sink; }
  Status start() override;
  Status run() override;
  void stop() override { stop_.raise(); }
  const Capabilities& capabilities() const override { return capabilities_; }
  const FrontendStats& stats() const override { return stats_; }

  void hold(FlowId, Direction) override {}
  void release(FlowId, Direction) override {}
  void drop(FlowId) override {}
  void bypass(FlowId) override {}
  void forget(FlowId) override {}
  bool inject(Bytes ip_packet) override;

 private:
  struct Close {
    void operator()(pcap* capture) const;
  };
  struct Callback;

  Status activate();
  Status set_filter();
  Status join_fanout();
  Status loop();
  void wait();
  void tick();
  void update_drops();

  PacketSink* sink_ = nullptr;
  PcapLiveConfig config_;
  Capabilities capabilities_;
  FrontendStats stats_;
  StopSignal stop_;
  std::unique_ptr<pcap, Close> capture_;
  std::optional<RawInjector> injector_;
  LinkType link_ = LinkType::kEthernet;
  unsigned ticks_ = 0;
  std::uint32_t last_drops_ = 0;  // as the kernel counts them, modulo 2^32
  std::uint32_t last_interface_drops_ = 0;
};

}  // namespace sallyport
