// JPEG by libjpeg, at the scale that is enough: entropy decoding dominates, the inverse transform shrinks with the
// scale.
#pragma once

#include "daemon/base/bytes.h"
#include "daemon/worker/image_decoder.h"

namespace sallyport {

/// `orientation` is EXIF's, 1..8. A cut-off or damaged image gives kDecodeError and the pixels libjpeg could make of
/// it.
DecodedImage decode_jpeg(Bytes image, int orientation, const DecodeLimits& bounds);

}  // namespace sallyport
