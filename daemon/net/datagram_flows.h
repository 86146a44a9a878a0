// Flows of encrypted datagrams (QUIC, DTLS, WireGuard, OpenVPN, IPsec): who sends whom how much, and nothing else.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

#include "daemon/contract/packet_sink.h"
#include "daemon/contract/stream_sink.h"
#include "daemon/net/decode_tunnel.h"
#include "daemon/net/flow_key.h"
#include "daemon/net/net_stats.h"
#include "daemon/net/reassembly_config.h"

namespace sallyport {

/// Whether flows of this traffic are followed.
bool is_followed(OpaqueTraffic traffic);

/// Two endpoints make a flow until they fall silent. Datagrams go to the sink one behind the other. Bounded by
/// ReassemblyConfig::datagram_flows_max; flows closed by kBlocked stay known, so that their packets are named, until
/// they were silent for blocked_timeout. One thread; the sink, the configuration and the statistics outlive it.
class DatagramFlows {
 public:
  DatagramFlows(StreamSink& sink, const ReassemblyConfig& config, NetStats& stats);

  /// A packet that opaque_traffic_of() named, and its payload behind the header of UDP. Counts it, too: UDP of no name
  /// that belongs to a flow is that flow's.
  PacketPlace on_packet(const IpPacket& packet, OpaqueTraffic traffic, bool tunnelled, Timestamp time);
  void on_tick(Timestamp now);
  /// Every flow is closed with kShutdown and forgotten.
  void on_end(Timestamp now);
  /// As TcpReassembler::close().
  void close(FlowId flow, CloseReason reason, Timestamp time);
  /// Valid until the next call; null for unknown flows.
  const Flow* find(FlowId flow) const;

 private:
  struct Entry {
    FlowKey key;
    Flow flow;
    OpaqueTraffic traffic = OpaqueTraffic::kUdp;
    bool client_is_low = false;
    bool open = false;     // the sink hears of it
    bool blocked = false;  // it is in blocked_
    Timestamp active;
    std::uint64_t size[2] = {0, 0};  // by Direction
    std::optional<CloseReason> closing;
  };
  using Entries = std::list<Entry>;
  struct Hash {
    HashSecret secret;
    std::size_t operator()(const FlowKey& key) const { return hash_of(key, secret); }
  };

  Entry& open(const KeyedSegment& keyed, const TcpSegment& ends, OpaqueTraffic traffic, bool tunnelled, Timestamp time);
  void hand_on(Entry& entry, Direction direction, const IpPacket& packet, Timestamp time);
  void finish(Entry& entry, CloseReason reason, Timestamp time);
  void forget(Entries& list);
  void expire(Entries& list, Duration timeout, Timestamp now);

  StreamSink& sink_;
  const ReassemblyConfig& config_;
  NetStats& stats_;
  Entries live_;     // longest idle first
  Entries blocked_;  // longest idle first
  std::unordered_map<FlowKey, Entries::iterator, Hash> by_key_;
  std::unordered_map<FlowId, Entries::iterator> by_id_;
  std::uint64_t last_id_ = 0;
  Entry* current_ = nullptr;  // whose calls are running
};

}  // namespace sallyport
