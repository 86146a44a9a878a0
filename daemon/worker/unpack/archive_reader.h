// Archives by libarchive: tar, cpio, 7-Zip, RAR, ISO 9660, CAB, ar, and streams of gzip, bzip2, xz, lzma, lzip, zstd,
// lz4, compress.
#pragma once

#include <string>

#include "daemon/worker/unpack/member_sink.h"

namespace sallyport {

/// To be called before the sandbox is entered: names are converted by the locale, which is read from files. False:
/// there is no UTF-8 locale.
bool prepare_archive_reader();

/// Each regular file as "tar:NAME", "gzip/tar:NAME", "seven_zip:NAME"; the content of a bare compressed stream as
/// "gzip".
void read_archive(Bytes archive, MemberSink& sink);

/// One member of a ZIP whose method zlib does not know: `zip` holds it alone. `place` is where it is reported.
void read_zip_member(Bytes zip, std::string_view place, MemberSink& sink);

}  // namespace sallyport
