#include "daemon/protocols/embedded/magic.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "daemon/base/byte_reader.h"
#include "daemon/base/hex.h"

namespace sallyport::embedded {
namespace {

using std::string_view;
using std::string_view_literals::operator""sv;

struct Pair {
  std::uint16_t bytes;
  std::uint8_t distance;
};
constexpr std::array kPairs{
    Pair{0xffd8, 0}, Pair{0x8950, 0}, Pair{0x4749, 0}, Pair{0x5249, 0}, Pair{0x424d, 0},  // JPEG PNG GIF RIFF BMP
    Pair{0x4949, 0}, Pair{0x4d4d, 0}, Pair{0xff4f, 0}, Pair{0xff0a, 0},  // TIFF, JPEG 2000 and XL codestreams
    Pair{0x504b, 0}, Pair{0x2550, 0}, Pair{0x1f8b, 0},                   // zip PDF gzip
    Pair{0x6674, 4}, Pair{0x6a50, 4}, Pair{0x4a58, 4},                   // boxes: ftyp, jP, JXL
};

constexpr string_view kBase64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct Exact {
  ContentType type;
  string_view bytes;
};
/// Long enough to be no accident anywhere.
constexpr std::array kExact{
    Exact{ContentType::kPng, "\x89PNG\r\n\x1a\n"sv},
    Exact{ContentType::kGif, "GIF87a"sv},
    Exact{ContentType::kGif, "GIF89a"sv},
    Exact{ContentType::kJpeg2000, "\0\0\0\x0cjP  \r\n\x87\n"sv},
    Exact{ContentType::kJpegXl, "\0\0\0\x0cJXL \r\n\x87\n"sv},
    Exact{ContentType::kPdf, "%PDF-1."sv},
    Exact{ContentType::kPdf, "%PDF-2."sv},
};

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// ITU-T T.81 B.1.1.3 to B.2.4: SOI, and a first segment that looks like one of its kind.
bool is_jpeg(Bytes start, Place place) {
  ByteReader reader(start);
  if (reader.u24be() != 0xffd8ff) return false;
  const std::uint8_t marker = reader.u8();
  const std::uint16_t length = reader.u16be();
  const string_view text = as_text(reader.rest());
  if (!reader.ok() || text.size() < 4) return false;
  const auto first = static_cast<unsigned char>(text[0]);
  const bool is_application = marker >= 0xe0 && marker <= 0xef;
  if (is_application && place != Place::kMiddle) return length >= 2;
  if (is_application) return length >= 6 && is_letter(text[0]) && (is_letter(text[1]) || text[1] == '_');
  if (marker == 0xdb) return length >= 67 && (first & 0xec) == 0;  // quantization tables
  if (marker == 0xc4) return length >= 19 && (first & 0xec) == 0;  // Huffman tables
  if (marker == 0xdd) return length == 4;                          // restart interval
  if (marker == 0xfe) return length >= 2 && (place != Place::kMiddle || is_letter(text[0]));
  const bool is_frame = marker >= 0xc0 && marker <= 0xc2;
  return is_frame && (first == 8 || first == 12) && length >= 11 && length <= 20;
}

/// A BITMAPFILEHEADER with zero reserved fields and a second header of a size that exists.
bool is_bmp(Bytes start) {
  static constexpr std::array<std::uint32_t, 8> kHeaderSizes{12, 16, 40, 52, 56, 64, 108, 124};
  ByteReader reader(start);
  const bool magic = reader.u16be() == 0x424d;
  reader.skip(4);
  const std::uint32_t reserved = reader.u32le();
  const std::uint32_t pixels_at = reader.u32le();
  const std::uint32_t header_size = reader.u32le();
  return magic && reader.ok() && reserved == 0 && pixels_at >= 26 && pixels_at < 1U << 16 &&
         std::find(kHeaderSizes.begin(), kHeaderSizes.end(), header_size) != kHeaderSizes.end();
}

/// TIFF 6.0 section 2: the first directory stands behind the header, at an even place in what writers make. BigTIFF: 8
/// and 0.
bool is_tiff(Bytes start, Place place) {
  const string_view text = as_text(start);
  if (text.size() < 8) return false;
  const bool little = text.starts_with("II*\0"sv), big = text.starts_with("MM\0*"sv);
  if (text.starts_with("II+\0\x08\0\0\0"sv) || text.starts_with("MM\0+\0\x08\0\0"sv)) return true;
  if (!little && !big) return false;
  ByteReader reader(start.subspan(4));
  const std::uint32_t directory = little ? reader.u32le() : reader.u32be();
  return directory >= 8 && (place != Place::kMiddle || (directory % 2 == 0 && directory < 1U << 28));
}

ContentType type_of_brand(string_view brand) {
  static constexpr std::array kHeif{"heic"sv, "heix"sv, "hevc"sv, "hevx"sv, "heim"sv, "heis"sv,
                                    "hevm"sv, "hevs"sv, "mif1"sv, "mif2"sv, "msf1"sv};
  if (brand == "avif" || brand == "avis") return ContentType::kAvif;
  return std::find(kHeif.begin(), kHeif.end(), brand) != kHeif.end() ? ContentType::kHeif : ContentType::kUnknown;
}

/// ISO/IEC 14496-12 4.3: a file type box that names a brand of images.
ContentType match_boxes(Bytes start) {
  ByteReader reader(start);
  const std::uint32_t size = reader.u32be();
  if (as_text(reader.take(4)) != "ftyp" || size < 16 || size > 512) return ContentType::kUnknown;
  const string_view brands = as_text(prefix(reader.rest(), size - 8));
  ContentType type = ContentType::kUnknown;
  for (std::size_t i = 0; i + 4 <= brands.size(); i += 4) {
    const ContentType found = i == 4 ? ContentType::kUnknown : type_of_brand(brands.substr(i, 4));
    if (type == ContentType::kUnknown || found == ContentType::kAvif) type = found;
  }
  return type;
}

/// APPNOTE 4.3.7: a local file header of a version and method that exist.
bool is_zip(Bytes start, Place place) {
  ByteReader reader(start);
  if (reader.u32be() != 0x504b0304) return false;
  const std::uint16_t version = reader.u16le();
  reader.skip(2);
  const std::uint16_t method = reader.u16le();
  return reader.ok() && (place != Place::kMiddle || ((version & 0xff) < 64 && method < 100));
}

/// RFC 1952 2.3.1: deflate, no reserved flag, a known level and system.
bool is_gzip(Bytes start) {
  ByteReader reader(start);
  if (reader.u24be() != 0x1f8b08 || (reader.u8() & 0xe0) != 0) return false;
  reader.skip(4);
  const std::uint8_t level = reader.u8(), system = reader.u8();
  return reader.ok() && (level == 0 || level == 2 || level == 4) && (system <= 13 || system == 255);
}

/// ISO/IEC 15444-1 A.5.1: SOC, SIZ and its length, 38 and three for each component.
bool is_jpeg2000_codestream(Bytes start) {
  ByteReader reader(start);
  if (reader.u32be() != 0xff4fff51) return false;
  const std::uint16_t length = reader.u16be();
  return reader.ok() && length >= 41 && length <= 41 + 3 * 16 && (length - 38) % 3 == 0;
}

}  // namespace

ContentType match_magic(Bytes start, Place place) {
  const string_view text = as_text(start);
  for (const Exact& exact : kExact) {
    if (text.starts_with(exact.bytes)) return exact.type;
  }
  if (text.starts_with("RIFF") && text.size() >= 12 && text.substr(8, 4) == "WEBP") return ContentType::kWebp;
  if (is_jpeg(start, place)) return ContentType::kJpeg;
  if (is_bmp(start)) return ContentType::kBmp;
  if (is_tiff(start, place)) return ContentType::kTiff;
  if (is_zip(start, place)) return ContentType::kZip;
  if (is_gzip(start)) return ContentType::kGzip;
  if (is_jpeg2000_codestream(start)) return ContentType::kJpeg2000;
  if (place == Place::kDeclared && text.starts_with("\xff\x0a")) return ContentType::kJpegXl;
  return match_boxes(start);
}

constexpr PairSet kMagicPairs = [] {
  PairSet set;
  for (const Pair& pair : kPairs) set.add(pair.bytes);
  return set;
}();

constexpr PairSet kNearMagicPairs = [] {
  PairSet set = kMagicPairs;
  for (const Pair& pair : kPairs) {
    for (unsigned next = 0; next < 256; ++next) set.add((pair.bytes & 0xffU) << 8 | next);
  }
  return set;
}();

constexpr std::array<bool, 4096> kMayBeginPair = [] {
  // The first bytes once, not for each pair of characters: clang bounds the steps of a constant expression.
  std::array<bool, 256> begins{};
  for (const Pair& pair : kPairs) begins[pair.bytes >> 8] = true;
  std::array<bool, 4096> may{};
  for (unsigned both = 0; both < may.size(); ++both) {
    const int high = hex_digit(kBase64Alphabet[both >> 6]), low = hex_digit(kBase64Alphabet[both & 63]);
    const bool is_hex = high >= 0 && low >= 0 && begins[static_cast<unsigned>(high << 4 | low)];
    may[both] = is_hex || begins[both >> 4 & 0xff] || begins[both >> 2 & 0xff] || begins[both & 0xff];
  }
  return may;
}();

std::size_t pair_distance(std::uint16_t pair) {
  const bool is_box = pair == 0x6674 || pair == 0x6a50 || pair == 0x4a58;
  return is_box ? kPairDistanceMax : 0;
}

}  // namespace sallyport::embedded
