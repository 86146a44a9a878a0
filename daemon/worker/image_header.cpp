#include "daemon/worker/image_header.h"

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"
#include "daemon/contract/content_signs.h"
#include "daemon/worker/image_header_formats.h"

namespace sallyport {
namespace {

void read_gif_header(Bytes image, ImageHeader& header) {
  ByteReader reader(image);
  reader.skip(6);
  header.width = reader.u16le();
  header.height = reader.u16le();
}

/// Height is negative in images stored top row first.
std::uint32_t magnitude(std::uint32_t stored) {
  return stored > 0x7FFFFFFFU ? 0U - stored : stored;
}

void read_bmp_header(Bytes image, ImageHeader& header) {
  ByteReader reader(image);
  reader.skip(14);
  const bool core_header = reader.u32le() == 12;  // BITMAPCOREHEADER
  header.width = core_header ? reader.u16le() : magnitude(reader.u32le());
  header.height = core_header ? reader.u16le() : magnitude(reader.u32le());
}

ContentType image_type(Bytes image) {
  const auto by_start = type_by_start(image, true);
  const ContentType type = by_start ? *by_start : type_further_in(prefix(image, limits::kSniffBytes));
  return is_image(type) ? type : ContentType::kUnknown;
}

void read_size(Bytes image, ImageHeader& header) {
  switch (header.format) {
    case ContentType::kJpeg:
      return read_jpeg_header(image, header);
    case ContentType::kPng:
      return read_png_header(image, header);
    case ContentType::kGif:
      return read_gif_header(image, header);
    case ContentType::kBmp:
      return read_bmp_header(image, header);
    case ContentType::kTiff:
      return read_tiff_header(image, header);
    case ContentType::kWebp:
      return read_webp_header(image, header);
    case ContentType::kJpeg2000:
      return read_jpeg_2000_header(image, header);
    case ContentType::kHeif:
    case ContentType::kAvif:
      return read_heif_header(image, header);
    case ContentType::kJpegXl:
      return read_jpeg_xl_header(image, header);
    default:  // nothing is decoded of other images, so their size bounds nothing
      return;
  }
}

}  // namespace

ImageHeader read_image_header(Bytes image) {
  ImageHeader header;
  header.format = image_type(image);
  read_size(image, header);
  return header;
}

}  // namespace sallyport
