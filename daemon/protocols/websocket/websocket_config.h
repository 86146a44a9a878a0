// What bounds WebSocket, and what it counts.
#pragma once

#include <cstddef>

#include "daemon/base/counter.h"

namespace sallyport::websocket {

struct WebSocketConfig {
  /// Bytes of a message that begins an image without ending it, kept to join it with the next ones; clients cut files
  /// into pieces of 16 KiB to 1 MiB.
  std::size_t join_bytes_max = 1024 * 1024;
  /// The same of all connections of a shard together.
  std::size_t join_bytes_of_shard_max = 64 * 1024 * 1024;
};

/// One for each shard, shared by its parsers. Written by the thread of the shard, read by any.
struct WebSocketStats {
  Counter connections;
  Counter messages;           ///< data messages with at least one byte
  Counter control_frames;     ///< ping, pong, close
  Counter inflated_messages;  ///< permessage-deflate
  Counter inflate_failures;   ///< compressed messages that broke, or whose context was lost
  Counter expansion_limits;   ///< messages cut by an expansion limit
  Counter framing_anomalies;  ///< messages flagged kHttpFraming
  Counter framing_losses;     ///< directions whose frames could not be followed any further
  Counter joined_images;      ///< images that several messages carried
  Counter joins_given_up;     ///< not joined: join_bytes_max, or the image did not end with a message
  Counter join_bytes;         ///< kept now
  Counter gaps;
};

}  // namespace sallyport::websocket
