// Compound files (MS-CFB): .doc, .xls, .ppt, .msg, and the shell around encrypted OOXML.
#pragma once

#include "daemon/worker/unpack/member_sink.h"

namespace sallyport {

/// Every stream of the directory, linked in its tree or not: images and containers as "ole:NAME" (attachments of a
/// message), images inside other streams as "ole:NAME@POSITION".
void read_compound_file(Bytes file, MemberSink& sink);

}  // namespace sallyport
