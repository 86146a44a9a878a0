// What both ends agreed on about compression. RFC 6455 9.1, RFC 7692 7.
#pragma once

#include <array>
#include <string_view>

#include "daemon/contract/flow.h"

namespace sallyport::websocket {

struct Handshake {
  bool known = false;    ///< the server's answer was seen
  bool deflate = false;  ///< permessage-deflate
  /// By index_of(Direction): each message is compressed by itself (server_ and client_no_context_takeover, 7.1.1).
  std::array<bool, 2> no_context{};
};

/// From the answer's Sec-WebSocket-Extensions. Window sizes need not be known: a decoder with the largest window reads
/// all.
Handshake parse_extensions(std::string_view extensions);

}  // namespace sallyport::websocket
