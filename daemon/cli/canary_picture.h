// Pictures that are worth nothing to anybody, drawn to be planted: no person, no place, no text.
#pragma once

#include <cstdint>

#include "daemon/base/bytes.h"

namespace sallyport::cli {

/// Overlapping discs on a gradient, 640 by 480, as a JPEG without EXIF. Another seed, another picture, in hash too; the
/// same seed, the same bytes with the same libjpeg.
ByteBuffer draw_canary(std::uint64_t seed);

}  // namespace sallyport::cli
