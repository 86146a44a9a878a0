// Mail messages and mailboxes (RFC 5322, RFC 2045 to 2049): what is attached, and what is written into the text.
#pragma once

#include "daemon/worker/unpack/member_sink.h"

namespace sallyport {

/// Each decoded part as "email:FILENAME", or "email:part 1.2" where it has no name; uuencoded files in texts likewise.
void read_email(Bytes message, MemberSink& sink);

}  // namespace sallyport
