// Where an image file keeps its EXIF block, the TIFF structure in which cameras write who they are.
#pragma once

#include "daemon/base/bytes.h"
#include "daemon/contract/content_type.h"

namespace sallyport {

struct ExifBlock {
  Bytes tiff;  ///< empty: there is none
  bool unreadable =
      false;  ///< the file ends, or has more parts than are walked, before it is known whether there is one
};

/// Of JPEG (the first APP1 that begins "Exif", EXIF 2.32 4.5.4), PNG (eXIf, PNG extensions 1.5), WebP (EXIF, RFC 9649
/// 2.7.1.5) and TIFF, which is one itself. Other formats: none. Pure.
ExifBlock exif_block(Bytes image, ContentType format);

}  // namespace sallyport
