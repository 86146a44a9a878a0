// Whether a connection speaks HTTP/2 in clear, told by bytes of one direction. No port is looked at.
#pragma once

#include "daemon/base/bytes.h"
#include "daemon/contract/flow.h"
#include "daemon/protocols/recognition.h"

namespace sallyport::http2 {

/// The client's preface, or a server's first SETTINGS frame (RFC 9113 3.4). Where a capture began in the middle: a
/// control frame of fixed length, or two frames one behind the other.
Recognition recognise_http2(Direction direction, Bytes prefix);

}  // namespace sallyport::http2
