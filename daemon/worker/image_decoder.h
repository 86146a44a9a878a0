// Image bytes to pixels: the first step inside the sandbox, and the one that hostile images aim at.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <optional>

#include "daemon/base/bytes.h"
#include "daemon/contract/content_type.h"
#include "daemon/contract/not_inspected.h"

namespace sallyport {

struct DecodeLimits {
  std::uint64_t pixels_max = 0;  ///< an image with more, by its header, is not decoded: kTooLarge
  int longer_side = 0;  ///< pixels that are enough: a JPEG may be decoded smaller than it is, but not below this
};

struct DecodedImage {
  ContentType format = ContentType::kUnknown;
  int width = 0;  ///< of the whole image as it is shown, full scale; 0 when unknown
  int height = 0;
  cv::Mat pixels;  ///< 8-bit BGR, upright, at full scale or smaller; empty when there is nothing to look at
  /// Set when something was not decoded. `pixels` may still hold what was: the part before the cut, the first of
  /// several images.
  std::optional<NotInspected> not_inspected;
};

/// One thread. Decodes JPEG (1/1 to 1/8 scale, CMYK too), PNG, GIF, BMP, TIFF, WebP and JPEG 2000; of several images
/// the first. Only bytes whose signature says one of these reach a decoder. EXIF orientation is applied.
DecodedImage decode_image(Bytes image, const DecodeLimits& bounds);

}  // namespace sallyport
