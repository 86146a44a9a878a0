// The first image of a GIF, by giflib.
#pragma once

#include "daemon/base/bytes.h"
#include "daemon/worker/image_decoder.h"

namespace sallyport {

/// Drawn on a white canvas of the logical screen, or of the image where that is larger. When more images follow,
/// kUnsupportedFormat says that they were not looked at. A cut-off image gives kDecodeError and the rows before the
/// cut.
DecodedImage decode_gif(Bytes image, const DecodeLimits& bounds);

}  // namespace sallyport
