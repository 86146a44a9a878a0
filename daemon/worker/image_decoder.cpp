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
  DecodedImage result;
  result.format = header.format;
  result.width = static_cast<int>(std::min(header.width, limits::kImageSideMax));
  result.height = static_cast<int>(std::min(header.height, limits::kImageSideMax));
  result.not_inspected = reason;
  return result;
}

bool promises_too_much(const ImageHeader& header, const DecodeLimits& bounds) {
  return header.pixels() > bounds.pixels_max || std::max(header.width, header.height) > limits::kImageSideMax;
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

DecodedImage decode_at_full_scale(Bytes image, const ImageHeader& header) {
  if (!header.has_size()) return undecoded(header, NotInspected::kDecodeError);
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

bool has_decoder(ContentType format) {
  switch (format) {
    case ContentType::kJpeg:
    case ContentType::kGif:
    case ContentType::kPng:
    case ContentType::kBmp:
    case ContentType::kTiff:
    case ContentType::kWebp:
    case ContentType::kJpeg2000:
      return true;
    default:
      return false;
  }
}

}  // namespace

DecodedImage decode_image(Bytes image, const DecodeLimits& bounds) {
  const ImageHeader header = read_image_header(image);
  DecodeLimits bounded = bounds;
  bounded.pixels_max = std::min(bounds.pixels_max, limits::kImagePixelsMax);
  if (!has_decoder(header.format)) return undecoded(header, NotInspected::kUnsupportedFormat);
  const bool too_large = image.size() > std::numeric_limits<int>::max() || promises_too_much(header, bounded);
  if (too_large) return undecoded(header, NotInspected::kTooLarge);
  if (header.format == ContentType::kJpeg) return decode_jpeg(image, header.orientation, bounded);
  if (header.format == ContentType::kGif) return decode_gif(image, bounded);
  return decode_at_full_scale(image, header);
}

}  // namespace sallyport
