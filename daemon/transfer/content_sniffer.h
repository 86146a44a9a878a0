// What an object is, told by its first bytes alone. Names and media types are only compared with that.
#pragma once

#include <string_view>

#include "daemon/base/bytes.h"
#include "daemon/contract/content_type.h"

namespace sallyport {

/// The type of an object that starts with `prefix`; kUnknown while more bytes are needed. `at_end` says that no more
/// will come. Without it an answer other than kUnknown stays the same for every longer prefix; at limits::kSniffBytes
/// there always is one. Thread-safe. Sources: ITU-T T.81 B.1.1.3, PNG 3rd ed. 5.2, GIF89a 17, TIFF 6.0 sect. 2, RFC
/// 9649 2.3 (WebP), ISO/IEC 15444-1 I.5.1, ISO/IEC 23008-12 10.2 (HEIF brands), AVIF 1.1 sect. 6, ISO/IEC 18181-2, RFC
/// 1952 2.3.1, ISO 32000 7.5.2.
ContentType sniff_content(Bytes prefix, bool at_end);

/// True where an image travels under a name or a media type that clearly says it is something else: a known extension
/// such as .txt, .docx or .zip, or text/, audio/, video/ and the like. Extensions that say nothing (.dat, .tmp, .bin,
/// unknown ones) and application/octet-stream are no lie.
bool claims_no_image(ContentType content, std::string_view file_name, std::string_view media_type);

}  // namespace sallyport
