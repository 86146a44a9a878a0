#include "daemon/worker/exif_block.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"
#include "daemon/worker/jpeg_segments.h"

namespace sallyport {
namespace {

constexpr std::string_view kPrefix("Exif\0\0", 6);

Bytes without_prefix(Bytes block) {
  return as_text(block).starts_with(kPrefix) ? block.subspan(kPrefix.size()) : block;
}

ExifBlock in_jpeg(Bytes image) {
  constexpr std::uint8_t kApp1 = 0xE1;
  JpegSegments segments(image);
  while (const auto segment = segments.next()) {
    const bool is_exif = segment->marker == kApp1 && as_text(segment->content).starts_with("Exif");
    if (is_exif) return {without_prefix(segment->content), false};
  }
  return {};
}

ExifBlock in_png(Bytes image) {
  ByteReader reader(image);
  reader.skip(8);
  for (std::size_t i = 0; i < limits::kImageBoxesMax && reader.ok(); ++i) {
    const std::uint32_t size = reader.u32be();
    const std::string_view type = as_text(reader.take(4));
    const Bytes content = reader.take(size);
    if (!reader.ok()) break;
    if (type == "eXIf") return {without_prefix(content), false};
    if (type == "IEND") return {};
    reader.skip(4);  // check sum
  }
  return {{}, true};
}

ExifBlock in_webp(Bytes image) {
  ByteReader reader(image);
  reader.skip(12);
  for (std::size_t i = 0; i < limits::kImageBoxesMax; ++i) {
    if (reader.remaining() == 0) return {};
    const std::string_view type = as_text(reader.take(4));
    const std::uint32_t size = reader.u32le();
    const Bytes content = reader.take(size);
    if (!reader.ok()) break;
    if (type == "EXIF") return {without_prefix(content), false};
    if (size % 2 == 1 && reader.remaining() > 0) reader.skip(1);
  }
  return {{}, true};
}

}  // namespace

ExifBlock exif_block(Bytes image, ContentType format) {
  switch (format) {
    case ContentType::kJpeg:
      return in_jpeg(image);
    case ContentType::kPng:
      return in_png(image);
    case ContentType::kWebp:
      return in_webp(image);
    case ContentType::kTiff:
      return {image, false};
    default:
      return {};
  }
}

}  // namespace sallyport
