#include "daemon/worker/image_header_formats.h"

#include <string_view>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"
#include "daemon/worker/jpeg_segments.h"
#include "daemon/worker/tiff_directory.h"

namespace sallyport {
namespace {

constexpr std::uint8_t kJpegApp1 = 0xE1;
constexpr std::uint16_t kTiffWidth = 256, kTiffHeight = 257, kTiffOrientation = 274;  // TIFF 6.0 section 8

void read_exif(Bytes segment, ImageHeader& header) {
  if (!as_text(segment).starts_with(std::string_view("Exif\0", 5)) || segment.size() < 6) return;
  const auto directory = TiffDirectory::read(segment.subspan(6));
  const std::uint32_t orientation = directory ? directory->value(kTiffOrientation).value_or(1) : 1;
  if (orientation >= 1 && orientation <= 8) header.orientation = static_cast<int>(orientation);
}

void read_jpeg_frame(Bytes segment, ImageHeader& header) {
  ByteReader reader(segment);
  reader.skip(1);  // sample precision
  header.height = reader.u16be();
  header.width = reader.u16be();
}

std::uint32_t u24le(ByteReader& reader) {
  const std::uint32_t low = reader.u16le();
  return low | std::uint32_t{reader.u8()} << 16;
}

void set_size(const ByteReader& reader, std::uint32_t width, std::uint32_t height, ImageHeader& header) {
  if (!reader.ok()) return;
  header.width = width;
  header.height = height;
}

void read_webp_lossy(ByteReader reader, ImageHeader& header) {
  reader.skip(3);
  if (reader.u24be() != 0x9D012A) return;  // RFC 6386 9.1
  const std::uint32_t width = reader.u16le() & 0x3FFFU;
  const std::uint32_t height = reader.u16le() & 0x3FFFU;
  set_size(reader, width, height, header);
}

void read_webp_lossless(ByteReader reader, ImageHeader& header) {
  if (reader.u8() != 0x2F) return;  // RFC 9649 3.4
  const std::uint32_t bits = reader.u32le();
  set_size(reader, (bits & 0x3FFFU) + 1, (bits >> 14 & 0x3FFFU) + 1, header);
}

void read_webp_extended(ByteReader reader, ImageHeader& header) {
  constexpr std::uint8_t kAnimation = 0x02;
  header.more_images = (reader.u8() & kAnimation) != 0;
  reader.skip(3);
  const std::uint32_t width = u24le(reader) + 1;
  const std::uint32_t height = u24le(reader) + 1;
  set_size(reader, width, height, header);
}

}  // namespace

void read_jpeg_header(Bytes image, ImageHeader& header) {
  JpegSegments segments(image);
  bool exif_seen = false;
  while (const auto segment = segments.next()) {
    if (is_jpeg_frame(segment->marker)) return read_jpeg_frame(segment->content, header);
    if (segment->marker != kJpegApp1 || exif_seen) continue;
    read_exif(segment->content, header);
    exif_seen = as_text(segment->content).starts_with("Exif");
  }
}

void read_png_header(Bytes image, ImageHeader& header) {
  ByteReader reader(image);
  reader.skip(8);
  std::uint32_t frames = 0;
  bool default_is_frame = false;
  for (std::size_t i = 0; i < limits::kImageBoxesMax && reader.ok(); ++i) {
    const std::uint32_t size = reader.u32be();
    const std::string_view type = as_text(reader.take(4));
    ByteReader chunk(prefix(reader.rest(), size));
    if (type == "IHDR" && i == 0) {
      header.width = chunk.u32be();
      header.height = chunk.u32be();
    }
    if (type == "acTL") frames = chunk.u32be();
    // A default image that is no frame comes before the first one.
    if (type == "fcTL") default_is_frame = true;
    header.more_images = frames > 1 || (frames > 0 && !default_is_frame);
    if (type == "IDAT" || !reader.ok()) return;
    reader.skip(std::size_t{size} + 4);
  }
}

void read_webp_header(Bytes image, ImageHeader& header) {
  ByteReader reader(image);
  reader.skip(12);
  const std::string_view chunk = as_text(reader.take(4));
  reader.skip(4);
  if (chunk == "VP8 ") read_webp_lossy(reader, header);
  if (chunk == "VP8L") read_webp_lossless(reader, header);
  if (chunk == "VP8X") read_webp_extended(reader, header);
}

void read_tiff_header(Bytes image, ImageHeader& header) {
  const auto directory = TiffDirectory::read(image);
  if (!directory) return;
  header.width = directory->value(kTiffWidth).value_or(0);
  header.height = directory->value(kTiffHeight).value_or(0);
  header.more_images = directory->has_more();
}

}  // namespace sallyport
