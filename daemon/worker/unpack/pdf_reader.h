// Images and attachments of PDF files.
#pragma once

#include "daemon/worker/unpack/member_sink.h"

namespace sallyport {

/// As "pdf:NUMBER" of the object: DCT and JPX streams as they are, other images as bitmaps; attachments and whatever
/// else shows itself as an image or a container; images inside content streams as "pdf:NUMBER@POSITION". Fax and JBIG2
/// images, and whole encrypted files, are not inspected.
void read_pdf(Bytes pdf, MemberSink& sink);

}  // namespace sallyport
