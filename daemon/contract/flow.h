// One TCP connection as every stage sees it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "daemon/base/ids.h"
#include "daemon/base/time.h"
#include "daemon/contract/ip_address.h"

namespace sallyport {

enum class Direction : std::uint8_t { kClientToServer = 0, kServerToClient = 1 };

constexpr Direction opposite(Direction direction) {
  return direction == Direction::kClientToServer ? Direction::kServerToClient : Direction::kClientToServer;
}
constexpr std::size_t index_of(Direction direction) {
  return static_cast<std::size_t>(direction);
}

/// Of what is not TCP only encrypted traffic is followed: its bytes are counted, nobody looks into them.
enum class Transport : std::uint8_t {
  kTcp,
  kQuic,       ///< RFC 9000; TLS is inside
  kEncrypted,  ///< DTLS, WireGuard, OpenVPN, IPsec; ports are zero where there are none
};

/// A connection; the sender of the first packet of a QUIC or encrypted flow is taken for the client.
struct Flow {
  FlowId id;
  Endpoint client;  ///< who sent the SYN; in mid-stream pickup a guess (the higher port), see `midstream`
  Endpoint server;
  bool midstream = false;  ///< the handshake was not seen
  /// Came inside other packets: the endpoints mean something inside only. A packet of ours would not reach them, and
  /// what the kernel knows as one connection holds many of these.
  bool tunnelled = false;
  Transport transport = Transport::kTcp;
  Timestamp opened{};

  const Endpoint& sender(Direction direction) const {
    return direction == Direction::kClientToServer ? client : server;
  }
  const Endpoint& receiver(Direction direction) const { return sender(opposite(direction)); }
};

/// Where the TCP sequence spaces of a flow stood when the packet that is being handed in arrived: what a receiver that
/// gets neither this packet nor a later one expects next. A reset must carry exactly that number (RFC 5961 3.2).
struct TcpPosition {
  std::uint32_t next_sequence[2] = {0, 0};  ///< by index_of(Direction): next byte of that direction, in order
  bool known[2] = {false, false};           ///< false while nothing of that direction was seen
};

enum class CloseReason : std::uint8_t {
  kFinished,     ///< FIN in both directions
  kReset,        ///< RST
  kIdleTimeout,  ///< nothing for the configured time
  kEvicted,      ///< the flow table or the byte budget was full and this flow was the longest idle
  kBlocked,      ///< by our verdict
  kShutdown,     ///< end of the capture or of the daemon
};

}  // namespace sallyport
