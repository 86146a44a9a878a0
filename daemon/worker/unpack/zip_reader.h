// ZIP archives (PKWARE APPNOTE.TXT) in both readings: from the central directory, as most readers do, and from the
// local headers, as those do that take a stream. Where the two differ, the members of both are looked at and the
// archive is flagged.
#pragma once

#include "daemon/worker/unpack/member_sink.h"

namespace sallyport {

/// Members as "zip:NAME". Stored and deflated ones by zlib, other methods by libarchive; encrypted ones are not
/// inspected. Other bytes may stand before, between and behind the members.
void read_zip(Bytes zip, MemberSink& sink);

}  // namespace sallyport
