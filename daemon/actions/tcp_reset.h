// Between verdict and front end: the TCP resets that end a flow, as whole IP packets for FlowControl::inject().
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/contract/flow.h"

namespace sallyport {

/// How to guess where a receiver stands when bytes may have passed since `TcpPosition` was taken (tap).
struct ResetGuesses {
  std::uint32_t segment_bytes = 1448;  ///< payload of the flow's full segments; guesses are this far apart
  std::size_t count = 8;               ///< resets a receiver gets, the first at the position itself
};

/// One RST to each side whose next sequence number is known, in the name of the other side: first the one to the
/// server, then the one to the client. Without options and payload. A receiver obeys a RST only at exactly the sequence
/// number that it expects next (RFC 5961 3.2, RFC 9293 3.10.7.4), so `position` must leave out what was withheld.
/// Acknowledges what is known of the other direction, because some stacks want RST and ACK together.
std::vector<ByteBuffer> reset_pair(const Flow& flow, const TcpPosition& position);

/// For front ends that cannot keep bytes back: the pair, then more of it at following segment boundaries, since the
/// receiver moves on while the verdict is being made. Best effort: a receiver between two guesses answers with a
/// challenge ACK (RFC 5961 3.2) and stays open; that ACK tells the number that it expects, so calling again with the
/// new position may succeed.
std::vector<ByteBuffer> reset_volley(const Flow& flow, const TcpPosition& position, const ResetGuesses& guesses);

}  // namespace sallyport
