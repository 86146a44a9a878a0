// What an object is, told by its first bytes alone. Names and media types are only compared with that.
#pragma once

#include <string_view>

#include "daemon/base/bytes.h"
#include "daemon/contract/content_type.h"

namespace sallyport {

/// The type of an object that starts with `bytes`; kUnknown while more are needed. `at_end` says that no more will
/// come. Without it an answer other than kUnknown stays the same for every longer start; at kIsoSniffBytes
/// there always is one, and one other than kOther or kIso at limits::kSniffBytes. Thread-safe. The signs:
/// contract/content_signs.h.
ContentType sniff_content(Bytes bytes, bool at_end);

/// True where an image travels under a name or a media type that clearly says it is something else: a known extension
/// such as .txt, .docx or .zip, or text/, audio/, video/ and the like. Extensions that say nothing (.dat, .tmp, .bin,
/// unknown ones) and application/octet-stream are no lie.
bool claims_no_image(ContentType content, std::string_view file_name, std::string_view media_type);

}  // namespace sallyport
