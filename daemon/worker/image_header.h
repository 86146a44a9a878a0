// What an image file says of itself, read before any decoder sees it: its format and how many pixels it would become.
#pragma once

#include <cstdint>

#include "daemon/base/bytes.h"
#include "daemon/contract/content_type.h"

namespace sallyport {

/// Hostile values: a header may promise anything, and only bounds what may be decoded.
struct ImageHeader {
  ContentType format = ContentType::kUnknown;
  std::uint32_t width = 0;  ///< pixels as stored, before orientation; 0 when the header does not say or is cut off
  std::uint32_t height = 0;
  int orientation = 1;       ///< EXIF 2.32 4.6.4 A, 1..8; read from JPEG only
  bool more_images = false;  ///< TIFF with a second or a lower directory, animated PNG or WebP. GIF: the decoder tells

  bool has_size() const { return width > 0 && height > 0; }
  std::uint64_t pixels() const { return std::uint64_t{width} * height; }
};

/// Pure; reads within the bytes it is given and never more than the named limits of entries. Formats and sources: JPEG
/// (ITU-T T.81 B), PNG (W3C PNG 11), GIF89a 18, BMP, TIFF 6.0 2 and BigTIFF, WebP (RFC 9649 2), JPEG 2000 (ITU-T T.800
/// A.5.1), HEIF and AVIF (ISO/IEC 23008-12 6.5.3), JPEG XL (ISO/IEC 18181-1 SizeHeader).
ImageHeader read_image_header(Bytes image);

}  // namespace sallyport
