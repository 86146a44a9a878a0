// Packets -> streams: the only class of net that others use.
// Fed by pipeline (which is the PacketSink of a packet front end); feeds a StreamSink.
#pragma once

#include <optional>

#include "daemon/contract/packet.h"
#include "daemon/contract/packet_sink.h"
#include "daemon/contract/stream_sink.h"
#include "daemon/net/datagram_flows.h"
#include "daemon/net/decode_tunnel.h"
#include "daemon/net/flow_table.h"
#include "daemon/net/ip_defrag.h"
#include "daemon/net/net_stats.h"
#include "daemon/net/reassembly_config.h"

namespace sallyport {

/// Follows TCP connections (RFC 9293) as a bystander. One object a shard, one thread; the sink outlives it.
/// Time is what packets and on_tick() bring; it never goes back. Memory is bounded by the configuration.
///
/// Resets count only with the exact sequence number that their receiver may expect: ours, the highest seen, or the one
/// that receiver acknowledged last (RFC 5961 3.2). Others are forgeries and are counted. An exact one may be forged
/// too, and so may a FIN: after a RST, or FINs of both sides that are not acknowledged, the flow is followed on until
/// it is silent for ReassemblyConfig::ending_timeout, and ends then. Whoever goes on after its own end shows that it
/// was forged; behind that time the flow goes on as a new mid-stream one. Both are signs of evasion. A SYN on a live
/// flow opens a new one only once the other side, or data behind it, has confirmed it (RFC 5961 4). Of other protocols,
/// encrypted flows are counted (DatagramFlows).
///
/// Where checksums may be left to a card, a segment with a wrong one is dropped once its sender has shown right ones:
/// its receiver drops it too.
///
/// Inline (ReassemblyConfig::can_drop) a packet that contradicts the bytes of earlier ones is refused: its conflict is
/// reported, nothing of it is taken, and PacketPlace::contradicts has it dropped. A retransmission with the same bytes
/// passes, so does a keep-alive probe, and what is too old to be compared.
///
/// Tunnels are opened to limits::kTunnelDepthMax. What they carry joins the flow of its own endpoints, whichever way it
/// came, as long as its numbers fit; where they do not and the way differs, it is another tenant's flow (FlowKey).
class TcpReassembler {
 public:
  TcpReassembler(StreamSink& sink, const ReassemblyConfig& config);

  /// Handles one packet to the end, sink calls included. A flow nobody wants and a closed one are named too: packets of
  /// a flow closed by kBlocked name it for as long as the peers retransmit.
  PacketPlace on_packet(const RawPacket& packet);
  /// Timeouts of flows, holes and fragments.
  void on_tick(Timestamp now);
  /// No packet comes any more: every flow is closed with kShutdown.
  void on_end(Timestamp now);
  /// Ends a flow from outside, at any time. From within a call for that flow, its on_close comes before on_packet
  /// returns. What waited is thrown away then, and in a flow closed by kBlocked. Unknown flows are ignored.
  void close(FlowId flow, CloseReason reason, Timestamp time);

  /// While a packet is handled: as of its arrival, for its flow. Otherwise after the last packet. Nothing for unknown
  /// flows; flows stay known for a while after on_close. Where the receiver has acknowledged more than was seen, that
  /// counts.
  std::optional<TcpPosition> position(FlowId flow) const;
  /// Valid until the next call; null for unknown flows.
  const Flow* find(FlowId flow) const;
  const NetStats& stats() const { return stats_; }

 private:
  /// How the packet at hand came to us.
  struct Arrival {
    Timestamp time;
    ChecksumState checksums = ChecksumState::kChecked;
    bool tunnelled = false;
    unsigned depth = 0;            // tunnels opened so far
    std::uint32_t path = 0;        // NetworkPacket::path
    bool is_header_wrong = false;  // the checksum of the innermost IPv4 header is
  };

  // tcp_reassembler.cpp: from packets to the streams of a flow.
  PacketPlace on_ip(const NetworkPacket& network, Arrival arrival);
  void tell_refused(const IpPacket& packet, const Arrival& arrival);
  PacketPlace on_two_readings(const IpPacket& packet, Bytes other, const Arrival& arrival);
  PacketPlace on_transport(const IpPacket& packet, const Arrival& arrival);
  PacketPlace on_segment(const TcpSegment& segment, const Arrival& arrival);
  static bool is_decoy(FlowEntry& entry, Direction direction, const TcpSegment& segment);
  PacketPlace dispatch(FlowEntry& entry, Direction direction, const TcpSegment& segment, Timestamp time);
  void handle(FlowEntry& entry, Direction direction, const TcpSegment& segment, Timestamp time);
  void note_signs(FlowEntry& entry, Direction direction, const TcpSegment& segment);
  void note_hops(FlowEntry& entry, std::size_t side, const TcpSegment& segment);
  void note_sender(FlowEntry& entry, Direction direction, const TcpSegment& segment);
  void add_payload(FlowEntry& entry, Direction direction, const TcpSegment& segment, Timestamp time);
  bool is_out_of_window(const FlowEntry& entry, Direction direction, std::int64_t offset) const;
  void compare_late(FlowEntry& entry, Direction direction, const TcpSegment& segment, Timestamp time);
  void refuse();
  void settle(FlowEntry& entry, Direction direction, Timestamp time);
  StreamOutput output(FlowEntry& entry, Direction direction, Timestamp time);

  // tcp_tunnels.cpp: packets inside packets, and whose they are.
  PacketPlace drop(DropReason reason, std::size_t size);
  PacketPlace on_no_tcp(const IpPacket& packet, const Arrival& arrival);
  PacketPlace open_tunnel(const TunnelPayload& payload, const IpPacket& outer, Arrival arrival);
  FlowEntry* find(KeyedSegment& keyed, const TcpSegment& segment, const Arrival& arrival) const;
  static bool is_of_tenant(const FlowEntry& entry, Direction direction, const TcpSegment& segment);
  static bool is_strange_reset(const FlowEntry& entry, Direction direction, const TcpSegment& segment,
                               const Arrival& arrival);

  // tcp_flow_events.cpp: how flows begin and end.
  struct Opening {
    Direction sender = Direction::kClientToServer;  // of the packet at hand
    bool midstream = false;
    bool forged_end = false;                // it goes on where somebody had ended it
    std::optional<std::uint32_t> first[2];  // sequence number of offset 0, where known
  };
  std::optional<Opening> opening_of(const TcpSegment& segment) const;
  std::optional<Opening> renewal(FlowEntry& entry, Direction direction, const TcpSegment& segment);
  std::optional<Opening> renewal_by_syn(FlowEntry& entry, Direction direction, const TcpSegment& segment);
  std::optional<Opening> renewal_of_reused(const FlowEntry& entry, Direction direction,
                                           const TcpSegment& segment) const;
  FlowEntry& open(const KeyedSegment& keyed, const TcpSegment& segment, const Opening& opening, const Arrival& arrival);
  void start_stream(FlowEntry& entry, Direction direction, const TcpSegment& segment);
  bool is_valid_reset(const FlowEntry& entry, Direction direction, const TcpSegment& segment) const;
  void take_reset(FlowEntry& entry, Direction direction, const TcpSegment& segment);
  static bool is_foreign_syn(const FlowEntry& entry, Direction direction, const TcpSegment& segment);
  std::optional<Opening> renewal_of_ended(const FlowEntry& entry, Direction direction, const TcpSegment& segment);
  static bool belies_reset(const FlowEntry& entry, Direction direction, const TcpSegment& segment);
  void flag_forged_end(FlowId flow);
  std::optional<CloseReason> end_of(FlowEntry& entry);
  void update_state(FlowEntry& entry, const TcpSegment& segment);
  void set_state(FlowEntry& entry, FlowState state);
  void close_flow(FlowEntry& entry, CloseReason reason, Timestamp time);
  void flush(FlowEntry& entry, Timestamp time);
  static TcpPosition position_of(const FlowEntry& entry);

  // tcp_memory.cpp: what time and budgets take away.
  void advance(Timestamp now);
  void touch(FlowEntry& entry);
  void make_room(Timestamp time);
  void expire(FlowList<&FlowEntry::idle_hook>& list, Duration timeout, Timestamp time);
  void quieten_idle();
  void settle_down(FlowEntry& entry);
  void expire_holes(Timestamp time);
  void lose_holes(FlowEntry& entry, Timestamp time, bool ends_too);
  void account(FlowEntry& entry);
  void account_holes(FlowEntry& entry);
  void enforce_budget(Timestamp time);
  void erase(FlowEntry& entry);
  FlowList<&FlowEntry::idle_hook>& idle_list(FlowState state) { return idle_[static_cast<std::size_t>(state)]; }
  FlowList<&FlowEntry::idle_hook>& idle_list(const FlowEntry& entry) {
    return entry.quiet ? quiet_ : idle_list(entry.state);
  }

  StreamSink& sink_;
  ReassemblyConfig config_;
  NetStats stats_;
  IpDefragmenter defragmenter_;
  DatagramFlows datagrams_;
  FlowTable table_;
  FlowList<&FlowEntry::idle_hook> idle_[kFlowStateCount];
  FlowList<&FlowEntry::idle_hook> quiet_;  // established ones that are silent, instead of the list of their state
  FlowList<&FlowEntry::memory_hook> buffering_;
  FlowList<&FlowEntry::hole_hook> waiting_;
  std::size_t buffered_ = 0;
  std::uint64_t active_ = 0;
  std::size_t tenants_ = 0;       // entries whose key names a tenant
  Timestamp now_;                 // the latest time seen
  FlowEntry* current_ = nullptr;  // whose calls are running
  bool contradicts_ = false;      // the packet being handled does, and is refused
  FlowId packet_flow_;            // of the packet being handled
  TcpPosition packet_position_;   // its position when the packet arrived
};

}  // namespace sallyport
