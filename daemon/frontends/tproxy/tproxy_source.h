// Start of the data's way, holding: connections that the kernel hands us in place of their server (TPROXY), each of
// which is relayed. Leaves: bytes of streams to StreamEntry. Comes back: FlowControl (seam 5).
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <unordered_map>

#include "daemon/contract/flow_control.h"
#include "daemon/frontends/frontend.h"
#include "daemon/frontends/stop_signal.h"
#include "daemon/frontends/tproxy/relay.h"
#include "daemon/frontends/tproxy/socket_broker.h"

namespace sallyport {

/// One thread is one shard. start() needs CAP_NET_ADMIN, and forks a child that keeps it: call it while the process has
/// one thread. FlowControl is for calls from
/// inside the entry only, or on its thread. When run() has returned, every connection was ended with resets.
class TproxySource final : public StreamFrontend, public FlowControl {
 public:
  explicit TproxySource(const TproxyConfig& config);
  ~TproxySource() override;

  void attach(StreamEntry& entry) override;
  Status start() override;
  Status run() override;
  void stop() override { stop_.raise(); }
  const Capabilities& capabilities() const override { return capabilities_; }
  const FrontendStats& stats() const override { return stats_; }
  const TproxyStats& relay_stats() const { return relay_stats_; }
  /// Where it listens, which was chosen by the kernel where TproxyConfig::port is zero.
  std::uint16_t port() const { return port_; }

  void hold(FlowId flow, Direction direction) override;
  void release(FlowId flow, Direction direction) override;
  void drop(FlowId flow) override;
  void bypass(FlowId flow) override;
  void forget(FlowId flow) override;
  bool answer(FlowId flow, Direction direction, std::uint64_t behind, Bytes bytes) override;
  bool inject(Bytes) override { return false; }

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;

  void await_connections(std::size_t listener);
  void accept(std::size_t listener);
  UniqueFd connect_to_server(const AcceptedConnection& accepted);
  void relay(AcceptedConnection accepted);
  void await_tick();
  void await_wake();
  void await_stop();
  void give_up(const Error& error);
  void sweep(Timestamp now);
  void end_all();
  Relay* find(FlowId flow) const;

  const TproxyConfig config_;
  Capabilities capabilities_;
  StreamEntry* entry_ = nullptr;
  StopSignal stop_;
  boost::asio::io_context io_{1};
  std::optional<SocketBroker> broker_;
  std::array<UniqueFd, 2> listeners_;  // IPv4, IPv6
  std::vector<Descriptor> waits_;      // for them
  std::array<bool, 2> starved_{};      // of descriptors
  std::unique_ptr<Descriptor> wake_;
  std::unique_ptr<Descriptor> stopped_;
  boost::asio::steady_timer tick_{io_};
  std::vector<std::byte> buffer_;
  std::unique_ptr<RelayContext> context_;
  std::unordered_map<FlowId, std::shared_ptr<Relay>> relays_;
  Timestamp last_sweep_;
  std::uint64_t last_flow_ = 0;
  std::uint16_t port_ = 0;
  std::uint32_t connections_max_ = 0;
  Status outcome_;
  FrontendStats stats_;
  TproxyStats relay_stats_;
};

}  // namespace sallyport
