// What an Upgrade of HTTP/1 (RFC 9110 7.8) or an extended CONNECT of HTTP/2 (RFC 8441) agreed on: enough to make the
// parser that goes on.
#pragma once

#include <functional>
#include <string>

#include "daemon/protocols/http/http_transfers.h"
#include "daemon/protocols/protocol_parser.h"

namespace sallyport::http {

struct Upgrade {
  std::string protocol;      ///< lower case: "websocket", "h2c"
  Exchange request;          ///< empty where the request was not seen
  std::string extensions;    ///< Sec-WebSocket-Extensions of the answer
  bool answer_seen = false;  ///< false: the server's head is still to come, or was lost
  std::string stream;        ///< which stream of an HTTP/2 connection it is; empty: the whole connection
};

/// Makes the parser of the agreed protocol for both directions; a null parser where there is none.
using UpgradeFactory = std::function<Successor(const Flow&, const Upgrade&)>;

}  // namespace sallyport::http
