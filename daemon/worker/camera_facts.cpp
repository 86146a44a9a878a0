#include "daemon/worker/camera_facts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"
#include "daemon/contract/pdq.h"
#include "daemon/contract/quantisation.h"
#include "daemon/worker/exif_block.h"
#include "daemon/worker/jpeg_segments.h"
#include "daemon/worker/pdq.h"
#include "daemon/worker/tiff_directory.h"

namespace sallyport {
namespace {

// EXIF 2.32 tables 4 and 8.
constexpr std::uint16_t kMake = 0x010F, kModel = 0x0110, kExifDirectory = 0x8769, kBodySerialNumber = 0xA431;

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlank(" \0", 2);
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

CameraText read_text(const TiffDirectory& directory, std::uint16_t tag) {
  const auto bytes = directory.text(tag);
  if (!bytes) return {{}, directory.has(tag) || !directory.is_whole()};
  const std::string_view text = without_blanks(as_text(*bytes));
  const bool readable = !bytes->empty() && text.size() <= limits::kCameraTextBytesMax && is_printable(text);
  return readable ? CameraText{std::string(text), false} : CameraText{{}, true};
}

void read_exif(Bytes image, ContentType format, CameraFacts& facts) {
  const ExifBlock block = exif_block(image, format);
  if (block.tiff.empty() && !block.unreadable) return;
  const auto directory = TiffDirectory::read(block.tiff);
  if (!directory) {
    facts.make.unreadable = facts.model.unreadable = facts.serial.unreadable = true;
    return;
  }
  facts.make = read_text(*directory, kMake);
  facts.model = read_text(*directory, kModel);
  const auto below = directory->below(kExifDirectory);
  if (below) facts.serial = read_text(*below, kBodySerialNumber);
  if (!below) facts.serial.unreadable = directory->has(kExifDirectory) || !directory->is_whole();
}

// --- quantisation

struct Tables {
  std::array<std::optional<std::array<std::uint16_t, 64>>, 4> by_number;
};

/// ITU-T T.81 B.2.4.1. False where the segment is broken.
bool read_tables(Bytes segment, Tables& tables) {
  ByteReader reader(segment);
  while (reader.remaining() > 0) {
    const std::uint8_t head = reader.u8();
    const unsigned precision = head >> 4U, number = head & 15U;
    if (precision > 1 || number >= tables.by_number.size()) return false;
    std::array<std::uint16_t, 64> table{};
    for (std::uint16_t& entry : table) entry = precision == 1 ? reader.u16be() : reader.u8();
    if (!reader.ok()) return false;
    tables.by_number[number] = table;
  }
  return true;
}

struct Component {
  std::uint8_t factors = 0;
  std::uint8_t table = 0;
};

/// ITU-T T.81 B.2.2. Nothing where the segment is broken.
std::vector<Component> read_frame(Bytes segment) {
  constexpr std::size_t kComponentsMax = 4;
  ByteReader reader(segment);
  reader.skip(5);  // precision and size
  const std::size_t count = reader.u8();
  std::vector<Component> components;
  for (std::size_t i = 0; i < std::min(count, kComponentsMax); ++i) {
    reader.skip(1);  // identifier
    const std::uint8_t factors = reader.u8();
    components.push_back({factors, reader.u8()});
  }
  if (!reader.ok() || count > kComponentsMax) components.clear();
  return components;
}

std::optional<Sha256Digest> digest_of(const std::vector<Component>& components, const Tables& tables) {
  std::vector<QuantisedComponent> quantised;
  for (const Component& component : components) {
    if (component.table >= tables.by_number.size() || !tables.by_number[component.table]) return std::nullopt;
    quantised.push_back({static_cast<std::uint8_t>(component.factors >> 4U),
                         static_cast<std::uint8_t>(component.factors & 15U), *tables.by_number[component.table]});
  }
  if (quantised.empty()) return std::nullopt;
  return quantisation_digest(quantised);
}

void read_quantisation(Bytes jpeg, CameraFacts& facts) {
  constexpr std::uint8_t kDefineTables = 0xDB;
  JpegSegments segments(jpeg);
  Tables tables;
  std::vector<Component> components;
  bool whole = true;
  while (const auto segment = segments.next()) {
    if (segment->marker == kDefineTables) whole = read_tables(segment->content, tables) && whole;
    if (is_jpeg_frame(segment->marker)) components = read_frame(segment->content);
  }
  if (whole) facts.quantisation = digest_of(components, tables);
  facts.quantisation_unreadable = !facts.quantisation;
}

/// The region in the pixels of a picture that stands for an image of size `full`.
cv::Rect scaled(const OverlayRegion& region, cv::Size full, cv::Size picture) {
  const auto across = [&](std::uint32_t x) {
    return static_cast<int>(std::lround(static_cast<double>(x) * picture.width / full.width));
  };
  const auto down = [&](std::uint32_t y) {
    return static_cast<int>(std::lround(static_cast<double>(y) * picture.height / full.height));
  };
  const cv::Point top_left(across(region.left), down(region.top));
  const cv::Point bottom_right(across(region.left + region.width), down(region.top + region.height));
  return cv::Rect(top_left, bottom_right) & cv::Rect(cv::Point(), picture);
}

}  // namespace

bool has_camera_facts(ContentType format) {
  switch (format) {
    case ContentType::kJpeg:
    case ContentType::kPng:
    case ContentType::kWebp:
    case ContentType::kTiff:
    case ContentType::kGif:
    case ContentType::kBmp:
    case ContentType::kJpeg2000:
      return true;
    default:
      return false;
  }
}

CameraFacts read_camera_facts(Bytes image, ContentType format) {
  CameraFacts facts;
  read_exif(image, format, facts);
  if (format == ContentType::kJpeg) read_quantisation(image, facts);
  return facts;
}

bool is_in_image(const OverlayRegion& region, cv::Size image) {
  const auto fits = [](std::uint32_t begin, std::uint32_t size, int side) {
    return size > 0 && std::uint64_t{begin} + size <= static_cast<std::uint64_t>(side);
  };
  const auto is_size = [](std::uint32_t wanted, int side) {
    return wanted == 0 || wanted == static_cast<std::uint32_t>(side);
  };
  return fits(region.left, region.width, image.width) && fits(region.top, region.height, image.height) &&
         is_size(region.image_width, image.width) && is_size(region.image_height, image.height);
}

std::vector<std::optional<PdqHash>> overlay_hashes(const cv::Mat& picture, cv::Size full,
                                                   const std::vector<OverlayRegion>& regions) {
  std::vector<std::optional<PdqHash>> hashes;
  for (const OverlayRegion& region : regions) {
    std::optional<PdqHash>& hash = hashes.emplace_back();
    if (!is_in_image(region, full)) continue;
    const cv::Rect place = scaled(region, full, picture.size());
    if (place.empty()) continue;
    const PdqResult result = pdq(picture(place).clone());
    if (result.quality >= kPdqQualityMin) hash = result.hash;
  }
  return hashes;
}

}  // namespace sallyport
