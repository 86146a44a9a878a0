// Whether a connection speaks HTTP/1, told by the first bytes of one direction. No port is looked at.
#pragma once

#include "daemon/base/bytes.h"
#include "daemon/contract/flow.h"
#include "daemon/protocols/recognition.h"

namespace sallyport::http {

/// `prefix`: what has come of this direction so far, from its first byte (or from where the capture began).
/// The HTTP/2 preface is kNo. kMaybe may last for a whole request line, at most limits the dispatcher sets.
Recognition recognise_http1(Direction direction, Bytes prefix);

}  // namespace sallyport::http
