// What an operator sets of packet reassembly. Sizes in bytes, times as durations; the hard ends are in base/limits.h.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "daemon/base/time.h"

namespace sallyport {

struct DefragConfig {
  std::size_t bytes_max = std::size_t{4} << 20;  ///< of all unfinished datagrams, overhead included
  Duration timeout = std::chrono::seconds(30);   ///< of one datagram (RFC 791 3.2; RFC 8200 4.5 says 60)
};

struct ReassemblyConfig {
  /// Number of this shard; part of every FlowId, so that ids are unique in the process.
  std::uint8_t shard = 0;
  std::size_t flows_max = std::size_t{1} << 18;  ///< at most limits::kFlowsPerShardMax

  Duration established_timeout = std::chrono::minutes(10);
  Duration embryonic_timeout = std::chrono::seconds(30);  ///< before the handshake, or of one-sided traffic, is done
  /// A flow that a RST, or FINs that nobody acknowledged, have ended closes after so long a silence: time for its ends
  /// to show that they know nothing of it.
  Duration ending_timeout = std::chrono::seconds(10);
  Duration closed_timeout = std::chrono::seconds(5);  ///< late packets of a closed flow are known as such for that long
  Duration blocked_timeout = std::chrono::minutes(15);  ///< the same for blocked flows: peers retransmit for that long

  /// Follow flows whose handshake was not seen.
  bool midstream = true;
  /// Inline: what was not seen did not pass, so a hole is given up only when a budget is full.
  bool lossless = false;
  /// Inline: of a packet that contradicts earlier ones nothing is taken, and the front end is to drop it
  /// (PacketPlace::contradicts). What is told of is then all that can arrive.
  bool can_drop = false;
  /// A hole that the receiver has acknowledged is lost once that much waits behind it, per direction.
  std::size_t reorder_bytes = std::size_t{64} << 10;
  /// A hole older than this is lost, acknowledged or not.
  Duration hole_timeout = std::chrono::seconds(5);

  std::size_t held_bytes_max = std::size_t{2} << 20;  ///< out-of-order bytes per direction, overhead included
  /// Bytes already delivered that are kept per direction to compare retransmissions with; 0: none are kept.
  std::size_t history_bytes = std::size_t{64} << 10;
  /// A flow that was silent for so long, with everything acknowledged, keeps no history: no receiver takes those bytes
  /// any more, so that a second content of them is not looked for. As long as a sender whose acknowledgement was lost
  /// tries a few times.
  Duration quiet_after = std::chrono::seconds(10);
  /// Out-of-order bytes and history of all flows together.
  std::size_t buffered_bytes_max = std::size_t{256} << 20;

  /// Encrypted flows that are not TCP, followed at once; above it the longest idle one ends.
  std::size_t datagram_flows_max = std::size_t{1} << 16;
  /// Such a flow ends after so long without a packet: nobody says where it ends.
  Duration datagram_timeout = std::chrono::minutes(2);

  DefragConfig defrag;
};

}  // namespace sallyport
