#include "daemon/worker/unpack/image_extent.h"

#include <algorithm>
#include <string_view>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"
#include "daemon/worker/image_header.h"

namespace sallyport {
namespace {

using std::string_view;
using std::string_view_literals::operator""sv;

constexpr int kSos = 0xDA, kEoi = 0xD9, kTem = 0x01, kRst0 = 0xD0, kSoi = 0xD8;

constexpr string_view kFirstBytes = "\xFF\x89GR"sv;  // of what carvable() knows
/// Times the bytes are walked for images that do not end, before an attacker has to be supposed.
constexpr std::uint64_t kWalksInVain = 64;

bool stands_alone(int marker) {
  return marker == kTem || (marker >= kRst0 && marker <= kSoi);
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

/// Walks markers until `visit` says stop, EOI or the end. Gives the position behind EOI.
std::optional<std::size_t> walk_jpeg(Bytes jpeg, const std::function<bool(int, Bytes)>& visit) {
  std::size_t position = 2;
  for (std::size_t i = 0; i < limits::kJpegSegmentsMax; ++i) {
    const int marker = next_marker(jpeg, position);
    if (marker < 0) return std::nullopt;
    if (marker == kEoi) return position;
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

ContentType carvable(Bytes at) {
  const string_view text = as_text(prefix(at, 12));
  if (text.starts_with("\xFF\xD8\xFF"sv)) return ContentType::kJpeg;
  if (text.starts_with("\x89PNG\r\n\x1A\n"sv)) return ContentType::kPng;
  if (text.starts_with("GIF87a"sv) || text.starts_with("GIF89a"sv)) return ContentType::kGif;
  if (text.starts_with("RIFF"sv) && text.ends_with("WEBP"sv) && text.size() == 12) return ContentType::kWebp;
  return ContentType::kUnknown;
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
  const string_view text = as_text(bytes);
  std::size_t count = 0;
  std::uint64_t walked = 0;  // in vain, by images that begin and do not end
  for (std::size_t at = text.find_first_of(kFirstBytes); at != string_view::npos;
       at = text.find_first_of(kFirstBytes, at)) {
    const Bytes rest = bytes.subspan(at);
    const ContentType type = carvable(rest);
    const bool begins = type != ContentType::kUnknown && read_image_header(rest).has_size();
    const auto extent = begins ? image_extent(type, rest) : std::nullopt;
    if (begins && !extent) walked += rest.size();
    if (walked > kWalksInVain * std::uint64_t{bytes.size()} || count > limits::kCarvedImagesMax) return false;
    if (extent) {
      ++count;
      if (!found(at, rest.first(*extent))) return true;
    }
    at += extent.value_or(1);
  }
  return true;
}

}  // namespace sallyport
