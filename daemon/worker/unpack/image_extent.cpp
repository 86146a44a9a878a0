#include "daemon/worker/unpack/image_extent.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"
#include "daemon/protocols/embedded/magic.h"
#include "daemon/worker/image_header.h"
#include "daemon/worker/tiff_directory.h"

namespace sallyport {
namespace {

using std::string_view;
using std::string_view_literals::operator""sv;

constexpr int kSos = 0xDA, kEoi = 0xD9, kTem = 0x01, kRst0 = 0xD0, kRst7 = 0xD7, kSoi = 0xD8, kDqt = 0xDB;

/// Times the bytes are walked for images that do not end, before an attacker has to be supposed.
constexpr std::uint64_t kWalksInVain = 64;

bool stands_alone(int marker) {
  return marker == kTem || (marker >= kRst0 && marker <= kRst7);
}

/// The next marker from `position` on, which moves behind it; -1 at the end. Entropy-coded data, stuffed zeros and
/// restart markers are passed over.
int next_marker(Bytes jpeg, std::size_t& position) {
  const string_view text = as_text(jpeg);
  while ((position = text.find('\xFF', position)) != string_view::npos) {
    while (position < text.size() && text[position] == '\xFF') ++position;
    if (position == text.size()) return -1;
    const int marker = static_cast<unsigned char>(text[position++]);
    if (marker != 0 && !stands_alone(marker)) return marker;
  }
  return -1;
}

/// Walks markers until `visit` says stop, EOI or the end. Gives the position behind EOI, or where another image begins
/// because this one was cut off.
std::optional<std::size_t> walk_jpeg(Bytes jpeg, const std::function<bool(int, Bytes)>& visit) {
  std::size_t position = 2;
  for (std::size_t i = 0; i < limits::kJpegSegmentsMax; ++i) {
    const int marker = next_marker(jpeg, position);
    if (marker < 0) return std::nullopt;
    if (marker == kEoi) return position;
    if (marker == kSoi) return position - 2;
    ByteReader reader(jpeg.subspan(position));
    const std::uint16_t length = reader.u16be();
    const Bytes content = reader.take(length < 2 ? 0 : length - 2U);
    if (!reader.ok() || !visit(marker, content)) return std::nullopt;
    position += 2 + content.size();
  }
  return std::nullopt;
}

std::optional<std::size_t> png_extent(Bytes png) {
  ByteReader reader(png);
  reader.skip(8);
  for (std::size_t i = 0; reader.ok() && i <= png.size() / 12; ++i) {
    const std::uint32_t size = reader.u32be();
    const string_view type = as_text(reader.take(4));
    reader.skip(std::size_t{size} + 4);
    if (type == "IEND" && reader.ok()) return reader.position();
  }
  return std::nullopt;
}

std::size_t colour_table_bytes(std::uint8_t packed) {
  return (packed & 0x80U) != 0 ? std::size_t{3} << ((packed & 7U) + 1) : 0;
}

void skip_sub_blocks(ByteReader& reader) {
  std::uint8_t size = 1;
  while (size != 0 && reader.ok()) {
    size = reader.u8();
    reader.skip(size);
  }
}

std::optional<std::size_t> gif_extent(Bytes gif) {
  ByteReader reader(gif);
  reader.skip(10);
  const std::uint8_t screen = reader.u8();
  reader.skip(2 + colour_table_bytes(screen));
  while (reader.ok()) {
    const std::uint8_t block = reader.u8();
    if (block == 0x3B && reader.ok()) return reader.position();
    if (block == 0x21) {
      reader.skip(1);
    } else if (block == 0x2C) {
      reader.skip(8);
      const std::uint8_t image = reader.u8();
      reader.skip(colour_table_bytes(image) + 1);
    } else {
      return std::nullopt;
    }
    skip_sub_blocks(reader);
  }
  return std::nullopt;
}

std::optional<std::size_t> sized_extent(Bytes image, std::size_t at, std::uint64_t added) {
  ByteReader reader(image);
  reader.skip(at);
  const std::uint64_t size = reader.u32le() + added;
  const std::uint64_t padded = added > 0 ? size + (size & 1) : size;  // RIFF chunks have an even size
  if (!reader.ok() || size < 26 || size > image.size()) return std::nullopt;
  return static_cast<std::size_t>(std::min<std::uint64_t>(padded, image.size()));
}

/// Boxes that hold what an image is made of: one that does not end is cut off, and no other bytes behind the file.
bool is_image_box(string_view type) {
  static constexpr std::array kTypes{"jp2h"sv, "jp2c"sv, "jxlc"sv, "jxlp"sv, "jbrd"sv, "meta"sv, "moov"sv,
                                     "mdat"sv, "idat"sv, "Exif"sv, "xml "sv, "uuid"sv, "brob"sv, "free"sv};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

/// One past the last box that is whole. What follows is no box of an image, or the first one of another file.
std::optional<std::size_t> box_extent(Bytes file) {
  ByteReader reader(file);
  std::size_t end = 0;
  bool has_brands = false;
  while (reader.remaining() >= 8) {
    const std::uint32_t size32 = reader.u32be();
    const string_view type = as_text(reader.take(4));
    const bool is_large = size32 == 1;
    const std::uint64_t header = is_large ? 16 : 8, size = is_large ? reader.u64be() : size32;
    const bool is_type = std::all_of(type.begin(), type.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (size32 == 0 && is_type) return std::nullopt;  // to the end of the file
    if (type == "ftyp" && std::exchange(has_brands, true)) break;
    if (end > 0 && (type == "jP  " || type == "JXL ")) break;
    if (!reader.ok() || !is_type || size < header) break;
    if (size - header > reader.remaining()) {
      if (is_image_box(type)) return std::nullopt;
      break;
    }
    reader.skip(static_cast<std::size_t>(size - header));
    end = reader.position();
  }
  return end > 0 ? std::optional(end) : std::nullopt;
}

/// ISO/IEC 15444-1 A.4: EOC behind the last tile part; the last one may leave its length to the reader.
std::optional<std::size_t> codestream_extent(Bytes codestream) {
  constexpr std::uint16_t kSot = 0xFF90, kEoc = 0xFFD9;
  ByteReader reader(codestream);
  reader.skip(2);
  while (reader.ok()) {
    const std::size_t start = reader.position();
    const std::uint16_t marker = reader.u16be();
    if (marker == kEoc && reader.ok()) return start + 2;
    const std::uint16_t length = reader.u16be();
    if (marker < 0xFF00 || length < 2) return std::nullopt;
    ByteReader segment(reader.take(length - 2U));
    if (marker != kSot) continue;
    segment.skip(2);
    const std::uint32_t part_bytes = segment.u32be();
    if (part_bytes == 0) {
      const std::size_t eoc = as_text(codestream).find("\xFF\xD9"sv, start);
      return eoc == string_view::npos ? std::nullopt : std::optional(eoc + 2);
    }
    if (part_bytes < 12 || part_bytes > codestream.size() - start) return std::nullopt;
    reader.seek(start + part_bytes);
  }
  return std::nullopt;
}

/// Whether the type says where it ends, so that an image that does not end is none or is cut off.
bool has_end(ContentType type) {
  return type >= ContentType::kJpeg && type <= ContentType::kWebp && type != ContentType::kTiff;
}

/// Lossless frames need no quantization tables (ITU-T T.81 table B.1); others without any are abbreviated (B.4).
bool has_tables(Bytes jpeg) {
  bool has = false;
  for_each_jpeg_segment(jpeg, [&has](int marker, Bytes) {
    has = has || marker == kDqt || marker == 0xC3 || marker == 0xC7 || marker == 0xCB || marker == 0xCF;
  });
  return has;
}

struct Carved {
  std::size_t size = 0;      ///< to be passed over; 0: nothing begins here
  bool is_image = false;     ///< and it stands alone
  bool was_in_vain = false;  ///< all bytes were walked to find out that nothing is whole here
};

bool is_exif(ContentType type, Bytes at) {
  if (type != ContentType::kTiff) return false;
  const auto directory = TiffDirectory::read(at);
  return directory && !directory->has_pixels();
}

Carved carve_at(Bytes at) {
  const ContentType type = embedded::match_magic(prefix(at, embedded::kMagicBytes), embedded::Place::kMiddle);
  if (!is_image(type) || is_exif(type, at)) return {};
  const bool has_size = read_image_header(at).has_size();
  const auto extent = has_size ? image_extent(type, at) : std::nullopt;
  const bool is_cut = !extent && has_end(type);
  if (!has_size || is_cut) return {.was_in_vain = is_cut};
  return {extent.value_or(at.size()), type != ContentType::kJpeg || has_tables(at), false};
}

}  // namespace

std::optional<std::size_t> image_extent(ContentType type, Bytes bytes) {
  switch (type) {
    case ContentType::kJpeg:
      return walk_jpeg(bytes, [](int, Bytes) { return true; });
    case ContentType::kPng:
      return png_extent(bytes);
    case ContentType::kGif:
      return gif_extent(bytes);
    case ContentType::kBmp:
      return sized_extent(bytes, 2, 0);
    case ContentType::kWebp:
      return sized_extent(bytes, 4, 8);
    case ContentType::kJpeg2000:
      return as_text(bytes).starts_with('\xFF') ? codestream_extent(bytes) : box_extent(bytes);
    case ContentType::kJpegXl:
    case ContentType::kHeif:
    case ContentType::kAvif:
      return as_text(bytes).starts_with('\xFF') ? std::nullopt : box_extent(bytes);
    default:
      return std::nullopt;
  }
}

void for_each_jpeg_segment(Bytes jpeg, const std::function<void(int marker, Bytes content)>& visit) {
  walk_jpeg(jpeg, [&](int marker, Bytes content) {
    if (marker != kSos) visit(marker, content);
    return marker != kSos;
  });
}

bool carve_images(Bytes bytes, const std::function<bool(std::size_t position, Bytes image)>& found) {
  const std::uint8_t* const start = as_u8(bytes);
  std::size_t count = 0, free_from = 0;  // behind the last image
  std::uint64_t walked = 0;              // in vain, by images that begin and do not end
  for (std::size_t at = 0; at + 1 < bytes.size(); ++at) {
    const auto pair = static_cast<std::uint16_t>(start[at] << 8 | start[at + 1]);
    if (!embedded::kMagicPairs.has(pair) || at < free_from + embedded::pair_distance(pair)) continue;
    const std::size_t position = at - embedded::pair_distance(pair);
    const Carved carved = carve_at(bytes.subspan(position));
    if (carved.was_in_vain) walked += bytes.size() - position;
    if (walked > kWalksInVain * std::uint64_t{bytes.size()} || count > limits::kCarvedImagesMax) return false;
    if (carved.size == 0) continue;
    if (carved.is_image) ++count;
    if (carved.is_image && !found(position, bytes.subspan(position, carved.size))) return true;
    free_from = position + carved.size;
    at = free_from - 1;
  }
  return true;
}

}  // namespace sallyport
