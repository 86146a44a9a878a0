// What bounds HTTP/2, and what it counts.
#pragma once

#include <cstddef>

#include "daemon/base/counter.h"

namespace sallyport::http2 {

struct Http2Config {
  /// Streams followed at once on one connection; servers allow 100 to 256 (RFC 9113 5.1.2). Above it the oldest without
  /// an open body is forgotten, else the new one is "over_budget".
  std::size_t streams_max = 1024;
  /// Bytes of one header section's fields; browsers and servers stop at 8 to 64 KiB. Fields beyond are not kept,
  /// however many CONTINUATION frames bring them.
  std::size_t fields_bytes_max = 256 * 1024;
  /// Streams that the receiver reset whose sender is still listened to; more are forgotten, oldest first.
  std::size_t reset_streams_max = 64;
};

/// One for each shard, shared by its parsers. Written by the thread of the shard, read by any.
struct Http2Stats {
  Counter frames;
  Counter requests;
  Counter responses;
  Counter pushes;   ///< PUSH_PROMISE
  Counter bodies;   ///< messages with at least one body byte
  Counter tunnels;  ///< CONNECT, extended or not
  Counter resets;   ///< RST_STREAM
  Counter goaways;
  Counter streams_forgotten;   ///< by streams_max or reset_streams_max
  Counter streams_refused;     ///< streams whose bytes are only counted: streams_max
  Counter late_bodies;         ///< bodies that went on after the receiver's RST_STREAM
  Counter incomplete_heads;    ///< header sections of which fields are unknown
  Counter framing_anomalies;   ///< messages flagged kHttpFraming
  Counter malformed_frames;    ///< of a known type, with a length or stream that RFC 9113 6 forbids
  Counter header_blocks_torn;  ///< other frames between HEADERS and its CONTINUATION
  Counter gaps;
  Counter frames_lost;     ///< times that an unknown number of frames was lost
  Counter resyncs;         ///< frames found again after loss or a missed start
  Counter unparsed_bytes;  ///< bytes passed over while no frame was known
};

}  // namespace sallyport::http2
