// Images and documents inside bytes whose structure nobody reads: texts, programs, unknown formats.
#pragma once

#include "daemon/worker/unpack/member_sink.h"

namespace sallyport {

/// The search of the wire (protocols/embedded/embedded_scanner.h), for what only shows once it is unpacked: images and
/// documents in base64, hex and percent escapes, and raw ones, as "base64@NUMBER", "carved@NUMBER" and so on, in the
/// order in which they lie.
void read_unknown(Bytes bytes, MemberSink& sink);

}  // namespace sallyport
