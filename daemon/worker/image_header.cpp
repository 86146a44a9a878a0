#include "daemon/worker/image_header.h"

#include <array>
#include <string_view>

#include "daemon/base/byte_reader.h"
#include "daemon/worker/image_header_formats.h"

namespace sallyport {
namespace {

using namespace std::string_view_literals;

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

struct Signature {
  std::string_view text;
  std::size_t offset;
  ContentType format;
  void (*read)(Bytes, ImageHeader&);
};

constexpr std::array kSignatures{
    Signature{"\xFF\xD8\xFF"sv, 0, ContentType::kJpeg, read_jpeg_header},
    Signature{"\x89PNG\r\n\x1A\n"sv, 0, ContentType::kPng, read_png_header},
    Signature{"GIF87a"sv, 0, ContentType::kGif, read_gif_header},
    Signature{"GIF89a"sv, 0, ContentType::kGif, read_gif_header},
    Signature{"BM"sv, 0, ContentType::kBmp, read_bmp_header},
    Signature{"II*\0"sv, 0, ContentType::kTiff, read_tiff_header},
    Signature{"MM\0*"sv, 0, ContentType::kTiff, read_tiff_header},
    Signature{"II+\0"sv, 0, ContentType::kTiff, read_tiff_header},
    Signature{"MM\0+"sv, 0, ContentType::kTiff, read_tiff_header},
    Signature{"WEBP"sv, 8, ContentType::kWebp, read_webp_header},
    Signature{"\0\0\0\x0CjP  \r\n\x87\n"sv, 0, ContentType::kJpeg2000, read_jpeg_2000_header},
    Signature{"\xFF\x4F\xFF\x51"sv, 0, ContentType::kJpeg2000, read_jpeg_2000_header},
    Signature{"\0\0\0\x0CJXL \r\n\x87\n"sv, 0, ContentType::kJpegXl, read_jpeg_xl_header},
    Signature{"\xFF\x0A"sv, 0, ContentType::kJpegXl, read_jpeg_xl_header},
    Signature{"ftyp"sv, 4, ContentType::kHeif, read_heif_header},
};

bool matches(const Signature& signature, std::string_view start) {
  if (start.size() < signature.offset + signature.text.size()) return false;
  if (signature.format == ContentType::kWebp && !start.starts_with("RIFF")) return false;
  return start.substr(signature.offset, signature.text.size()) == signature.text;
}

}  // namespace

ImageHeader read_image_header(Bytes image) {
  ImageHeader header;
  const std::string_view start = as_text(prefix(image, 16));
  for (const Signature& signature : kSignatures) {
    if (!matches(signature, start)) continue;
    header.format = signature.format;
    signature.read(image, header);
    break;
  }
  return header;
}

}  // namespace sallyport
