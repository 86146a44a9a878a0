#include "daemon/contract/content_signs.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <string>
#include <string_view>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"

namespace sallyport {
namespace {

using std::string_view;
using std::string_view_literals::operator""sv;

/// No answer yet: the start is too short, but fits so far.
constexpr std::optional<ContentType> kNeedMore = ContentType::kUnknown;
constexpr std::optional<ContentType> kNoFit = std::nullopt;

struct Sign {
  ContentType type;
  string_view bytes;
};
/// None is the beginning of another.
constexpr std::array kSigns{
    Sign{ContentType::kJpeg, "\xff\xd8\xff"sv},
    Sign{ContentType::kPng, "\x89PNG\r\n\x1a\n"sv},
    Sign{ContentType::kGif, "GIF87a"sv},
    Sign{ContentType::kGif, "GIF89a"sv},
    Sign{ContentType::kTiff, "II*\0"sv},
    Sign{ContentType::kTiff, "MM\0*"sv},
    Sign{ContentType::kTiff, "II+\0"sv},
    Sign{ContentType::kTiff, "MM\0+"sv},
    Sign{ContentType::kJpeg2000, "\0\0\0\x0cjP  \r\n\x87\n"sv},
    Sign{ContentType::kJpeg2000, "\xff\x4f\xff\x51"sv},
    Sign{ContentType::kJpegXl, "\0\0\0\x0cJXL \r\n\x87\n"sv},
    Sign{ContentType::kJpegXl, "\xff\x0a"sv},
    // cameras: Fujifilm, Olympus, Panasonic, Canon, Sigma, Minolta; those of the others are TIFF
    Sign{ContentType::kOtherImage, "FUJIFILMCCD-RAW"sv},
    Sign{ContentType::kOtherImage, "IIRO"sv},
    Sign{ContentType::kOtherImage, "IIRS"sv},
    Sign{ContentType::kOtherImage, "MMOR"sv},
    Sign{ContentType::kOtherImage, "IIU\0"sv},
    Sign{ContentType::kOtherImage, "II\x1a\0\0\0HEAPCCDR"sv},
    Sign{ContentType::kOtherImage, "FOVb"sv},
    Sign{ContentType::kOtherImage, "\0MRM"sv},
    // JPEG XR, JBIG2, BPG, FLIF, QOI, farbfeld
    Sign{ContentType::kOtherImage, "II\xbc\0"sv},
    Sign{ContentType::kOtherImage, "II\xbc\1"sv},
    Sign{ContentType::kOtherImage, "\x97JB2\r\n\x1a\n"sv},
    Sign{ContentType::kOtherImage, "BPG\xfb"sv},
    Sign{ContentType::kOtherImage, "FLIF"sv},
    Sign{ContentType::kOtherImage, "qoif"sv},
    Sign{ContentType::kOtherImage, "farbfeld"sv},
    // Photoshop, XCF, WMF with and without a header of its own, DjVu
    Sign{ContentType::kOtherImage, "8BPS\0\1"sv},
    Sign{ContentType::kOtherImage, "8BPS\0\2"sv},
    Sign{ContentType::kOtherImage, "gimp xcf "sv},
    Sign{ContentType::kOtherImage, "\xd7\xcd\xc6\x9a"sv},
    Sign{ContentType::kOtherImage, "\1\0\x09\0\0\1"sv},
    Sign{ContentType::kOtherImage, "\1\0\x09\0\0\3"sv},
    Sign{ContentType::kOtherImage, "\2\0\x09\0\0\3"sv},
    Sign{ContentType::kOtherImage, "AT&TFORM"sv},
    // OpenEXR, Radiance, FITS, DirectDraw, DPX, Cineon, Sun, SGI
    Sign{ContentType::kOtherImage, "\x76\x2f\x31\1"sv},
    Sign{ContentType::kOtherImage, "#?RADIANCE"sv},
    Sign{ContentType::kOtherImage, "#?RGBE"sv},
    Sign{ContentType::kOtherImage, "SIMPLE  ="sv},
    Sign{ContentType::kOtherImage, "DDS \x7c\0\0\0"sv},
    Sign{ContentType::kOtherImage, "SDPX\0"sv},
    Sign{ContentType::kOtherImage, "XPDS\0"sv},
    Sign{ContentType::kOtherImage, "\x80\x2a\x5f\xd7"sv},
    Sign{ContentType::kOtherImage, "\x59\xa6\x6a\x95"sv},
    Sign{ContentType::kOtherImage, "\x01\xda\0\1"sv},
    Sign{ContentType::kOtherImage, "\x01\xda\1\1"sv},
    Sign{ContentType::kZip, "PK\3\4"sv},
    Sign{ContentType::kZip, "PK\5\6"sv},
    Sign{ContentType::kZip, "PK\7\x08"sv},
    Sign{ContentType::kZip, "PK00PK\3\4"sv},
    Sign{ContentType::kGzip, "\x1f\x8b\x08"sv},
    Sign{ContentType::kSevenZip, "7z\xbc\xaf\x27\x1c"sv},
    Sign{ContentType::kRar, "Rar!\x1a\7"sv},
    Sign{ContentType::kXz,
         "\xfd"
         "7zXZ\0"sv},
    Sign{ContentType::kXz, "LZIP\1"sv},
    Sign{ContentType::kXz, "]\0\0"sv},  // .lzma
    Sign{ContentType::kBzip2, "BZh1"sv},
    Sign{ContentType::kBzip2, "BZh2"sv},
    Sign{ContentType::kBzip2, "BZh3"sv},
    Sign{ContentType::kBzip2, "BZh4"sv},
    Sign{ContentType::kBzip2, "BZh5"sv},
    Sign{ContentType::kBzip2, "BZh6"sv},
    Sign{ContentType::kBzip2, "BZh7"sv},
    Sign{ContentType::kBzip2, "BZh8"sv},
    Sign{ContentType::kBzip2, "BZh9"sv},
    Sign{ContentType::kZstd, "\x28\xb5\x2f\xfd"sv},
    Sign{ContentType::kZstd, "\x04\x22\x4d\x18"sv},
    Sign{ContentType::kCpio, "070701"sv},
    Sign{ContentType::kCpio, "070702"sv},
    Sign{ContentType::kCpio, "070707"sv},
    Sign{ContentType::kCpio, "MSCF\0\0\0\0"sv},
    Sign{ContentType::kCpio, "!<arch>\n"sv},
    Sign{ContentType::kOle, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv},
    // Matroska, Flash, Windows Media, RealMedia, IVF, YUV4MPEG2; MPEG program and elementary streams, H.264, H.265
    Sign{ContentType::kVideo, "\x1a\x45\xdf\xa3"sv},
    Sign{ContentType::kVideo, "FLV\1"sv},
    Sign{ContentType::kVideo, "\x30\x26\xb2\x75\x8e\x66\xcf\x11"sv},
    Sign{ContentType::kVideo, ".RMF"sv},
    Sign{ContentType::kVideo, "DKIF"sv},
    Sign{ContentType::kVideo, "YUV4MPEG2 "sv},
    Sign{ContentType::kVideo, "\0\0\1\xba"sv},
    Sign{ContentType::kVideo, "\0\0\1\xb3"sv},
    Sign{ContentType::kVideo, "\0\0\0\1\x67"sv},
    Sign{ContentType::kVideo, "\0\0\0\1\x09"sv},
    Sign{ContentType::kVideo, "\0\0\0\1\x40\1"sv},
};

bool is_one_of(std::uint32_t value, std::initializer_list<std::uint32_t> values) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

/// `start` and `sign` are equal as far as `start` goes.
bool fits_so_far(string_view start, string_view sign) {
  const std::size_t size = std::min(start.size(), sign.size());
  return start.substr(0, size) == sign.substr(0, size);
}

std::optional<ContentType> fit_sign(string_view start, const Sign& sign) {
  if (!fits_so_far(start, sign.bytes)) return kNoFit;
  return start.size() >= sign.bytes.size() ? sign.type : ContentType::kUnknown;
}

/// "BM" alone starts too many texts: the second header has a size, some that exist and some that decoders take.
std::optional<ContentType> fit_bmp(Bytes start) {
  constexpr std::uint32_t kHeaderMin = 12, kHeaderMax = 255;
  if (!fits_so_far(as_text(start), "BM"sv)) return kNoFit;
  ByteReader reader(start);
  reader.skip(14);
  const std::uint32_t header_size = reader.u32le();
  if (!reader.ok()) return kNeedMore;
  return header_size >= kHeaderMin && header_size <= kHeaderMax ? std::optional(ContentType::kBmp) : kNoFit;
}

/// RIFF, and IFF (EA IFF 85), whose pictures are of the Amiga.
std::optional<ContentType> fit_riff(string_view start) {
  if (!fits_so_far(start, "RIFF"sv) && !fits_so_far(start, "FORM"sv)) return kNoFit;
  if (start.size() < 12) return kNeedMore;
  const string_view kind = start.substr(8, 4);
  if (start[0] == 'F') return kind == "ILBM" || kind == "PBM " ? std::optional(ContentType::kOtherImage) : kNoFit;
  if (kind == "AVI ") return ContentType::kVideo;
  return kind == "WEBP" ? std::optional(ContentType::kWebp) : kNoFit;
}

ContentType type_of_brands(string_view brands) {
  static constexpr std::array kHeifBrands{"heic"sv, "heix"sv, "hevc"sv, "hevx"sv, "heim"sv, "heis"sv,
                                          "hevm"sv, "hevs"sv, "mif1"sv, "mif2"sv, "msf1"sv};
  ContentType type = ContentType::kVideo;
  for (std::size_t i = 0; i + 4 <= brands.size(); i += 4) {
    const string_view brand = brands.substr(i, 4);
    if (brand == "avif" || brand == "avis") return ContentType::kAvif;
    if (std::find(kHeifBrands.begin(), kHeifBrands.end(), brand) != kHeifBrands.end()) type = ContentType::kHeif;
  }
  return type;
}

/// ISO/IEC 14496-12 4.3: size, "ftyp", major brand, minor version, compatible brands to the end of the box.
std::optional<ContentType> fit_brands(Bytes start, std::uint32_t box_size, bool at_end) {
  constexpr std::size_t kBrandsMax = 512;
  const std::size_t wanted = std::min<std::size_t>(box_size < 16 ? 16 : box_size, kBrandsMax);
  if (start.size() < wanted && !at_end) return kNeedMore;
  const string_view box = as_text(prefix(start, wanted));
  const ContentType by_major = box.size() < 12 ? ContentType::kVideo : type_of_brands(box.substr(8, 4));
  if (by_major != ContentType::kVideo && by_major != ContentType::kHeif) return by_major;
  const ContentType by_compatible = box.size() <= 16 ? ContentType::kVideo : type_of_brands(box.substr(16));
  return by_compatible == ContentType::kVideo ? by_major : by_compatible;
}

/// A box of ISO media or an atom of QuickTime, whose films may begin with any. The size of that one tells it from a
/// text.
std::optional<ContentType> fit_box(Bytes start, bool at_end) {
  static constexpr std::array kAtoms{"moov"sv, "mdat"sv, "wide"sv, "free"sv, "skip"sv, "pnot"sv};
  ByteReader reader(start);
  const std::uint32_t box_size = reader.u32be();
  const string_view kind = as_text(reader.take(4));
  const bool is_size = start.empty() || start[0] < std::byte{'\t'};
  if (!reader.ok()) return is_size ? kNeedMore : kNoFit;
  if (kind == "ftyp") return fit_brands(start, box_size, at_end);
  const bool is_atom = std::find(kAtoms.begin(), kAtoms.end(), kind) != kAtoms.end();
  return is_atom && is_size ? std::optional(ContentType::kVideo) : kNoFit;
}

/// ICONDIR: reserved, 1 for icons and 2 for cursors, the number of images.
std::optional<ContentType> fit_icon(Bytes start) {
  if (!fits_so_far(as_text(start), "\0\0\1\0"sv) && !fits_so_far(as_text(start), "\0\0\2\0"sv)) return kNoFit;
  ByteReader reader(start);
  reader.skip(4);
  const std::uint16_t count = reader.u16le();
  if (!reader.ok()) return kNeedMore;
  return count != 0 ? std::optional(ContentType::kIcon) : kNoFit;
}

/// compress(1): a sign of two bytes, then flags and the length of codes, 9 to 16 bits.
std::optional<ContentType> fit_compress(Bytes start) {
  if (!fits_so_far(as_text(start), "\x1f\x9d"sv)) return kNoFit;
  if (start.size() < 3) return kNeedMore;
  const auto flags = std::to_integer<unsigned>(start[2]);
  const bool exists = (flags & 0x60) == 0 && (flags & 0x1f) >= 9 && (flags & 0x1f) <= 16;
  return exists ? std::optional(ContentType::kGzip) : kNoFit;
}

/// Targa has no signature at its start, and the one at its end is optional: the fields of its header bear each other
/// out.
std::optional<ContentType> fit_tga(Bytes start) {
  constexpr std::uint16_t kSideMax = 32767;
  ByteReader reader(start);
  reader.skip(1);  // length of the text behind the header
  const std::uint8_t map_type = reader.u8(), type = reader.u8();
  if (!reader.ok()) return start.size() < 2 || map_type <= 1 ? kNeedMore : kNoFit;
  const bool is_mapped = type == 1 || type == 9;
  if (map_type > 1 || !is_one_of(type, {1, 2, 3, 9, 10, 11}) || (is_mapped && map_type == 0)) return kNoFit;
  const std::uint16_t map_first = reader.u16le(), map_size = reader.u16le();
  const std::uint8_t map_bits = reader.u8();
  reader.skip(4);  // origin
  const std::uint16_t width = reader.u16le(), height = reader.u16le();
  const std::uint8_t depth = reader.u8(), descriptor = reader.u8();
  if (!reader.ok()) return kNeedMore;
  const bool has_map = map_type == 1 ? map_size != 0 && is_one_of(map_bits, {15, 16, 24, 32})
                                     : map_first == 0 && map_size == 0 && map_bits == 0;
  const bool has_size = width != 0 && height != 0 && width <= kSideMax && height <= kSideMax;
  const bool has_depth = is_one_of(depth, {8, 15, 16, 24, 32}) && (descriptor & 0xc0) == 0 && (descriptor & 0xf) <= 8;
  return has_map && has_size && has_depth ? std::optional(ContentType::kOtherImage) : kNoFit;
}

/// A tar older than POSIX has no signature: the checksum of its header tells it.
bool is_old_tar(Bytes bytes) {
  constexpr std::size_t kBlock = 512, kChecksum = 148, kChecksumBytes = 8;
  if (bytes.size() < kBlock || bytes[0] == std::byte{0}) return false;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const bool in_checksum = i >= kChecksum && i < kChecksum + kChecksumBytes;
    sum += in_checksum ? ' ' : std::to_integer<std::uint32_t>(bytes[i]);
  }
  std::uint32_t stored = 0;
  std::size_t digits = 0;
  for (const char c : as_text(bytes.subspan(kChecksum, kChecksumBytes))) {
    if (c >= '0' && c <= '7') stored = stored * 8 + static_cast<std::uint32_t>(c - '0'), ++digits;
  }
  return digits >= 4 && stored == sum;
}

/// The binary cpio of either byte order (cpio(5)): a sign of two bytes, a kind of file that exists, and a name that
/// ends where its length says.
bool is_binary_cpio(Bytes bytes) {
  constexpr std::size_t kHeader = 26;
  if (bytes.size() < kHeader) return false;
  const bool little = as_text(bytes).starts_with("\xc7\x71"sv);
  if (!little && !as_text(bytes).starts_with("\x71\xc7"sv)) return false;
  const auto number = [&](std::size_t at) {
    ByteReader reader(bytes.subspan(at));
    return little ? reader.u16le() : reader.u16be();
  };
  const std::uint32_t kind = number(6) & 0170000U, name_size = number(20);
  if (!is_one_of(kind, {0040000, 0100000, 0120000, 0060000, 0020000, 0010000, 0140000})) return false;
  return name_size >= 2 && kHeader + name_size <= bytes.size() && bytes[kHeader + name_size - 1] == std::byte{0};
}

/// A sync byte at the start of each packet: 188 bytes, with a time before it on discs, with a checksum behind it on
/// air.
bool is_transport_stream(Bytes bytes) {
  constexpr std::size_t kPackets = 4;
  struct Packing {
    std::size_t first, size;
  };
  static constexpr std::array kPackings{Packing{0, 188}, Packing{4, 192}, Packing{0, 204}};
  return std::any_of(kPackings.begin(), kPackings.end(), [bytes](const Packing& packing) {
    if (bytes.size() <= packing.first + (kPackets - 1) * packing.size) return false;
    for (std::size_t i = 0; i < kPackets; ++i) {
      if (bytes[packing.first + i * packing.size] != std::byte{0x47}) return false;
    }
    return true;
  });
}

/// White space and comments of the portable formats; false where no more is there.
bool skip_blank(string_view& text) {
  while (!text.empty() && (text[0] == '#' || (text[0] >= '\t' && text[0] <= '\r') || text[0] == ' ')) {
    text.remove_prefix(text[0] == '#' ? std::min(text.size(), text.find_first_of("\r\n")) : 1);
  }
  return !text.empty();
}

/// A number above zero, a sign and decimal places as the scale of PFM has.
bool skip_number(string_view& text) {
  const std::size_t end = std::min(text.size(), text.find_first_not_of("0123456789.-"));
  const bool is_positive = text.substr(0, end).find_first_of("123456789") != string_view::npos;
  text.remove_prefix(end);
  return is_positive;
}

/// PBM, PGM, PPM, PAM, PFM: a letter and a kind, then the sizes in text. A comment that does not end here is believed.
bool is_portable_map(string_view text) {
  if (text.size() < 4 || text[0] != 'P') return false;
  if (text.starts_with("P7\n")) return text.find("\nWIDTH ") != string_view::npos;
  if (string_view("123456Ff").find(text[1]) == string_view::npos ||
      std::isspace(static_cast<unsigned char>(text[2])) == 0)
    return false;
  const int numbers = text[1] == '1' || text[1] == '4' ? 2 : 3;
  const bool has_comment = text.find('#') != string_view::npos;
  text.remove_prefix(2);
  for (int i = 0; i < numbers; ++i) {
    if (!skip_blank(text)) return has_comment;
    if (!skip_number(text)) return false;
  }
  return !text.empty() && std::isspace(static_cast<unsigned char>(text[0])) != 0;
}

bool stands_at(string_view text, std::size_t position, string_view sign) {
  return text.size() > position && text.substr(position).starts_with(sign);
}

std::string lower(string_view text) {
  std::string small(text);
  for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return small;
}

}  // namespace

// In order: a later sign decides only once the earlier ones do not fit, or an answer could change with more bytes.
std::optional<ContentType> type_by_start(Bytes start, bool at_end) {
  const auto decides = [at_end](std::optional<ContentType> fit) {
    return fit == kNeedMore ? !at_end : fit.has_value();
  };
  for (const Sign& sign : kSigns) {
    if (const auto fit = fit_sign(as_text(start), sign); decides(fit)) return fit;
  }
  for (const auto fit : {fit_bmp(start), fit_riff(as_text(start)), fit_box(start, at_end), fit_icon(start),
                         fit_compress(start), fit_tga(start)}) {
    if (decides(fit)) return fit;
  }
  return kNoFit;
}

ContentType type_further_in(Bytes bytes) {
  const string_view text = as_text(bytes);
  if (stands_at(text, 257, "ustar")) return ContentType::kTar;
  if (stands_at(text, 128, "DICM")) return ContentType::kDicom;
  if (stands_at(text, 0, "\1\0\0\0"sv) && stands_at(text, 40, " EMF")) return ContentType::kOtherImage;
  if (stands_at(text, 0, "OggS") && stands_at(text, 28, "\x80theora")) return ContentType::kVideo;
  if (is_old_tar(bytes)) return ContentType::kTar;
  if (is_binary_cpio(bytes)) return ContentType::kCpio;
  if (is_portable_map(text)) return ContentType::kOtherImage;
  return is_transport_stream(bytes) ? ContentType::kVideo : ContentType::kUnknown;
}

bool holds_pdf_header(Bytes bytes) {
  constexpr std::size_t kSearchedBytes = 1024, kTarMagic = 257;
  const string_view text = as_text(prefix(bytes, kSearchedBytes));
  const std::size_t header = text.find("%PDF-");
  if (header == string_view::npos) return false;
  return header < kTarMagic || !stands_at(text, kTarMagic, "ustar");
}

bool is_iso(Bytes bytes) {
  constexpr string_view kMark = "CD001";
  return stands_at(as_text(bytes), kIsoSniffBytes - kMark.size(), kMark);
}

bool is_email(Bytes bytes) {
  constexpr std::size_t kSearchedBytes = 8192;
  static constexpr std::array kFields{
      "\nmime-version:"sv, "\nfrom:"sv,       "\nto:"sv,          "\nsubject:"sv,      "\ndate:"sv,
      "\nreceived:"sv,     "\nmessage-id:"sv, "\nreturn-path:"sv, "\ncontent-type:"sv, "\ncontent-transfer-encoding:"sv,
      "\ndelivered-to:"sv};
  const std::string head = '\n' + lower(as_text(prefix(bytes, kSearchedBytes)));
  const std::size_t first = head.find_first_of(" :\n", 1);
  const bool begins = head.starts_with("\nfrom ") || (first != std::string::npos && head[first] == ':');
  return begins && std::count_if(kFields.begin(), kFields.end(),
                                 [&](string_view field) { return head.find(field) != std::string::npos; }) >= 2;
}

bool is_svg(Bytes bytes) {
  const std::string head = lower(as_text(prefix(bytes, limits::kSniffBytes)));
  const std::size_t start = head.find_first_not_of("\xef\xbb\xbf \t\r\n");
  return start != std::string::npos && head[start] == '<' && head.find("<svg") != std::string::npos;
}

}  // namespace sallyport
