#include "daemon/worker/image_decoder.h"

#include <algorithm>
#include <limits>
#include <opencv2/imgcodecs.hpp>

#include "daemon/base/limits.h"
#include "daemon/worker/gif_decoder.h"
#include "daemon/worker/image_header.h"
#include "daemon/worker/jpeg_decoder.h"

namespace sallyport {
namespace {

DecodedImage undecoded(const ImageHeader& header, NotInspected reason) {
  constexpr std::uint32_t kSideMax = std::numeric_limits<int>::max();
  DecodedImage result;
  result.format = header.format;
  result.width = static_cast<int>(std::min(header.width, kSideMax));
  result.height = static_cast<int>(std::min(header.height, kSideMax));
  result.not_inspected = reason;
  return result;
}

/// Empty where OpenCV or the library below it gives up.
cv::Mat decode_by_opencv(Bytes image) {
  const cv::Mat source(1, static_cast<int>(image.size()), CV_8UC1, const_cast<std::byte*>(image.data()));
  try {
    return cv::imdecode(source, cv::IMREAD_COLOR);
  } catch (const std::exception&) {  // cv::Exception, or out of the address space that the sandbox grants
    return {};
  }
}

DecodedImage decode_at_full_scale(Bytes image, const ImageHeader& header, const DecodeLimits& bounds) {
  if (!header.has_size()) return undecoded(header, NotInspected::kDecodeError);
  if (header.pixels() > bounds.pixels_max) return undecoded(header, NotInspected::kTooLarge);
  DecodedImage result = undecoded(header, NotInspected::kDecodeError);
  result.pixels = decode_by_opencv(image);
  if (!result.pixels.empty()) {
    result.width = result.pixels.cols;
    result.height = result.pixels.rows;
    result.not_inspected.reset();
  }
  if (header.more_images) result.not_inspected = NotInspected::kUnsupportedFormat;
  return result;
}

}  // namespace

DecodedImage decode_image(Bytes image, const DecodeLimits& bounds) {
  const ImageHeader header = read_image_header(image);
  if (image.size() > std::numeric_limits<int>::max()) return undecoded(header, NotInspected::kTooLarge);
  DecodeLimits bounded = bounds;
  bounded.pixels_max = std::min(bounds.pixels_max, limits::kImagePixelsMax);
  switch (header.format) {
    case ContentType::kJpeg:
      return decode_jpeg(image, header.orientation, bounded);
    case ContentType::kGif:
      return decode_gif(image, bounded);
    case ContentType::kPng:
    case ContentType::kBmp:
    case ContentType::kTiff:
    case ContentType::kWebp:
    case ContentType::kJpeg2000:
      return decode_at_full_scale(image, header, bounded);
    default:
      return undecoded(header, NotInspected::kUnsupportedFormat);
  }
}

}  // namespace sallyport
