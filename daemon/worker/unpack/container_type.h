// What bytes are, for the unpacker: images and whatever images can lie in, by the same signs as on the wire
// (contract/content_signs.h), but for text.
#pragma once

#include "daemon/base/bytes.h"
#include "daemon/contract/content_type.h"

namespace sallyport {

/// kOther for what is neither. A ZIP that begins with other bytes is told by has_zip_end() instead.
ContentType type_for_unpacking(Bytes bytes);

/// Bytes of another type that PDF readers open as well: their header may stand behind other bytes, such as the segment
/// of an image or the name in a tar.
bool is_pdf_too(Bytes bytes, ContentType type);

}  // namespace sallyport
