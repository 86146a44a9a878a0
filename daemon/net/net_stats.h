// What one shard's packet decoding and reassembly counted. Written by its thread, read by any.
#pragma once

#include <array>
#include <cstdint>

#include "daemon/base/counter.h"
#include "daemon/net/decode_tunnel.h"

namespace sallyport {

struct NetStats {
  Counter packets;
  Counter bytes;  ///< captured, link header included

  // Why a packet went no further than decoding.
  Counter truncated_headers;  ///< the capture cut it inside a header
  Counter malformed;          ///< lengths that contradict each other, or a packet to itself
  Counter bad_checksums;      ///< see RawPacket::checksums

  // What was not TCP: tunnels that were opened, and traffic that nobody looks into.
  struct Traffic {
    Counter packets;
    Counter bytes;  ///< payload of IP, the next header included; whole packets where there is no IP
  };
  std::array<Counter, kTunnelKindCount> tunnel_packets;  ///< by TunnelKind
  std::array<Traffic, kOpaqueTrafficCount> opaque;       ///< by OpaqueTraffic
  const Traffic& of(OpaqueTraffic traffic) const { return opaque[static_cast<std::size_t>(traffic)]; }
  void add(OpaqueTraffic traffic, std::uint64_t size) {
    Traffic& counted = opaque[static_cast<std::size_t>(traffic)];
    counted.packets.add();
    counted.bytes.add(size);
  }

  // IP fragments.
  Counter fragments;
  Counter datagrams_reassembled;
  Counter fragment_overlaps;  ///< datagrams given up because of them, given in two readings, or freed of them inline
  Counter fragments_refused;  ///< inline: dropped because they contradict earlier ones
  Counter fragments_malformed;
  Counter datagrams_timed_out;
  Counter datagrams_evicted;  ///< given up for memory

  // TCP packets.
  Counter tcp_packets;
  Counter tcp_payload_bytes;   ///< captured
  Counter truncated_payloads;  ///< packets whose payload the capture cut short; the rest became a gap
  Counter urgent_packets;
  Counter low_hop_segments;      ///< with data, and too few hops left to arrive (limits::kHopsLeftMin)
  Counter unfollowed_packets;    ///< of no known flow and not able to open one
  Counter after_close_packets;   ///< came behind the end of their flow
  Counter ignored_flow_packets;  ///< of flows nobody wants

  // Flows.
  Counter flows_opened;
  Counter flows_midstream;
  Counter flows_ignored;  ///< nobody wanted them
  Counter flows_active;   ///< gauge: open now, ignored ones included
  Counter flows_evicted;
  Counter flows_timed_out;
  Counter flows_separated;  ///< of the same endpoints as another, but of another tenant: VLAN or tunnel, and numbers,
                            ///< differ
  Counter flows_resumed;    ///< data went on after a reset, or an end, that had closed the flow
  Counter ends_disowned;    ///< RST and FIN that somebody forged: their sender or receiver went on
  Counter syns_ignored;     ///< SYN with another initial sequence number on a live flow, not (yet) confirmed
  Counter resets_ignored;   ///< RST whose sequence number its receiver would not act on

  // Streams.
  Counter out_of_order_segments;
  Counter retransmitted_bytes;
  Counter unverified_bytes;  ///< of those, bytes too old to compare with what was delivered, or whose history went in
                             ///< a silence
  Counter conflicts;
  Counter conflict_bytes;
  Counter segments_refused;  ///< inline: dropped because they contradict earlier ones
  Counter gaps;
  Counter gap_bytes;
  Counter out_of_window_segments;
  Counter after_fin_bytes;
  Counter keep_alives;

  // Memory.
  Counter buffered_bytes;    ///< gauge: out-of-order data and history, overhead included
  Counter budget_evictions;  ///< flows whose buffers were given up because a budget was full
};

}  // namespace sallyport
