#include "daemon/transfer/content_sniffer.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"

namespace sallyport {
namespace {

using std::string_view;
using std::string_view_literals::operator""sv;

/// No answer yet: the prefix is too short, but fits so far.
constexpr std::optional<ContentType> kNeedMore = ContentType::kUnknown;
constexpr std::optional<ContentType> kNoFit = std::nullopt;

struct Magic {
  ContentType type;
  string_view bytes;
};
constexpr std::array kMagics{
    Magic{ContentType::kJpeg, "\xff\xd8\xff"sv},
    Magic{ContentType::kPng, "\x89PNG\r\n\x1a\n"sv},
    Magic{ContentType::kGif, "GIF87a"sv},
    Magic{ContentType::kGif, "GIF89a"sv},
    Magic{ContentType::kTiff, "II*\0"sv},
    Magic{ContentType::kTiff, "MM\0*"sv},
    Magic{ContentType::kTiff, "II+\0"sv},
    Magic{ContentType::kTiff, "MM\0+"sv},
    Magic{ContentType::kJpeg2000, "\0\0\0\x0cjP  \r\n\x87\n"sv},
    Magic{ContentType::kJpeg2000, "\xff\x4f\xff\x51"sv},
    Magic{ContentType::kJpegXl, "\0\0\0\x0cJXL \r\n\x87\n"sv},
    Magic{ContentType::kJpegXl, "\xff\x0a"sv},
    Magic{ContentType::kZip, "PK\3\4"sv},
    Magic{ContentType::kZip, "PK\5\6"sv},
    Magic{ContentType::kZip, "PK\7\x08"sv},
    Magic{ContentType::kGzip, "\x1f\x8b\x08"sv},
    Magic{ContentType::kSevenZip, "7z\xbc\xaf\x27\x1c"sv},
    Magic{ContentType::kRar, "Rar!\x1a\7"sv},
    Magic{ContentType::kXz,
          "\xfd"
          "7zXZ\0"sv},
    Magic{ContentType::kXz, "LZIP\1"sv},
    Magic{ContentType::kBzip2, "BZh1"sv},
    Magic{ContentType::kBzip2, "BZh2"sv},
    Magic{ContentType::kBzip2, "BZh3"sv},
    Magic{ContentType::kBzip2, "BZh4"sv},
    Magic{ContentType::kBzip2, "BZh5"sv},
    Magic{ContentType::kBzip2, "BZh6"sv},
    Magic{ContentType::kBzip2, "BZh7"sv},
    Magic{ContentType::kBzip2, "BZh8"sv},
    Magic{ContentType::kBzip2, "BZh9"sv},
    Magic{ContentType::kZstd, "\x28\xb5\x2f\xfd"sv},
    Magic{ContentType::kZstd, "\x04\x22\x4d\x18"sv},
    Magic{ContentType::kCpio, "070701"sv},
    Magic{ContentType::kCpio, "070702"sv},
    Magic{ContentType::kCpio, "070707"sv},
    Magic{ContentType::kCpio, "MSCF\0\0\0\0"sv},
    Magic{ContentType::kCpio, "!<arch>\n"sv},
    Magic{ContentType::kOle, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv},
    Magic{ContentType::kVideo, "\x1a\x45\xdf\xa3"sv},
    Magic{ContentType::kIcon, "\0\0\1\0"sv},
    Magic{ContentType::kIcon, "\0\0\2\0"sv},
};

std::optional<ContentType> fit_magic(Bytes prefix, const Magic& magic) {
  const std::size_t size = std::min(prefix.size(), magic.bytes.size());
  if (as_text(prefix).substr(0, size) != magic.bytes.substr(0, size)) return kNoFit;
  return size == magic.bytes.size() ? magic.type : ContentType::kUnknown;
}

// "BM" alone starts too many texts: the size of the second header must be one that exists.
std::optional<ContentType> fit_bmp(Bytes prefix) {
  static constexpr std::array<std::uint32_t, 8> kHeaderSizes{12, 16, 40, 52, 56, 64, 108, 124};
  if (as_text(prefix).substr(0, 2) != "BM"sv.substr(0, std::min<std::size_t>(2, prefix.size()))) return kNoFit;
  ByteReader reader(prefix);
  reader.skip(14);
  const std::uint32_t header_size = reader.u32le();
  if (!reader.ok()) return kNeedMore;
  const bool known = std::find(kHeaderSizes.begin(), kHeaderSizes.end(), header_size) != kHeaderSizes.end();
  return known ? std::optional(ContentType::kBmp) : kNoFit;
}

std::optional<ContentType> fit_riff(Bytes prefix) {
  const string_view text = as_text(prefix);
  if (text.substr(0, 4) != "RIFF"sv.substr(0, std::min<std::size_t>(4, text.size()))) return kNoFit;
  if (text.size() < 12) return kNeedMore;
  if (text.substr(8, 4) == "AVI ") return ContentType::kVideo;
  return text.substr(8, 4) == "WEBP" ? std::optional(ContentType::kWebp) : kNoFit;
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

// ISO/IEC 14496-12 4.3: size, "ftyp", major brand, minor version, compatible brands to the end of the box.
std::optional<ContentType> fit_ftyp(Bytes prefix, bool at_end) {
  constexpr std::size_t kBrandsMax = 512;
  ByteReader reader(prefix);
  const std::uint32_t box_size = reader.u32be();
  const string_view kind = as_text(reader.take(4));
  if (!reader.ok()) return prefix.empty() || prefix[0] == std::byte{0} ? kNeedMore : kNoFit;
  if (kind != "ftyp") return kNoFit;
  const std::size_t wanted = std::min<std::size_t>(box_size < 16 ? 16 : box_size, kBrandsMax);
  if (prefix.size() < wanted && !at_end) return kNeedMore;
  const string_view box = as_text(sallyport::prefix(prefix, wanted));
  const ContentType by_major = box.size() < 12 ? ContentType::kVideo : type_of_brands(box.substr(8, 4));
  if (by_major != ContentType::kVideo && by_major != ContentType::kHeif) return by_major;
  const ContentType by_compatible = box.size() <= 16 ? ContentType::kVideo : type_of_brands(box.substr(16));
  return by_compatible == ContentType::kVideo ? by_major : by_compatible;
}

// Readers accept the header anywhere in the first kilobyte (ISO 32000 implementation note), but the first file of a tar
// may be one too.
bool holds_pdf_header(Bytes prefix) {
  constexpr std::size_t kSearchedBytes = 1024, kTarMagic = 257;
  const string_view text = as_text(prefix).substr(0, kSearchedBytes);
  const std::size_t header = text.find("%PDF-");
  if (header == string_view::npos) return false;
  return header < kTarMagic || text.substr(kTarMagic, 5) != "ustar";
}

/// A tar older than POSIX has no signature; the checksum of its header tells it (pax(1), "ustar Interchange Format").
bool is_old_tar(Bytes prefix) {
  constexpr std::size_t kBlock = 512, kChecksum = 148, kChecksumBytes = 8;
  if (prefix.size() < kBlock || prefix[0] == std::byte{0}) return false;
  std::uint32_t sum = 0;
  std::uint32_t stored = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const auto byte = std::to_integer<std::uint32_t>(prefix[i]);
    const bool in_checksum = i >= kChecksum && i < kChecksum + kChecksumBytes;
    sum += in_checksum ? ' ' : byte;
    if (in_checksum && byte >= '0' && byte <= '7') stored = stored * 8 + byte - '0';
  }
  return stored == sum;
}

/// What shows itself at a place behind the start, or only by several signs together.
ContentType type_further_in(Bytes prefix) {
  const string_view text = as_text(prefix);
  const auto stands_at = [text](std::size_t position, string_view sign) {
    return text.size() > position && text.substr(position).starts_with(sign);
  };
  if (stands_at(257, "ustar")) return ContentType::kTar;
  if (stands_at(128, "DICM")) return ContentType::kDicom;
  if (is_old_tar(prefix)) return ContentType::kTar;
  // Readers look for a ZIP from its end: other bytes may stand before it.
  if (text.find("PK\3\4"sv) != string_view::npos) return ContentType::kZip;
  return ContentType::kUnknown;
}

/// Length of the UTF-8 sequence that `lead` starts; 0 where none does.
std::size_t sequence_length(unsigned char lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

std::string lower(string_view text) {
  std::string small(text);
  for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return small;
}

/// A message begins with header fields (RFC 5322 2.2): two that other texts do not have are enough.
bool is_email(const std::string& head) {
  static constexpr std::array kFields{"\nmime-version:"sv, "\nfrom:"sv,        "\nto:"sv,         "\nsubject:"sv,
                                      "\ndate:"sv,         "\nreceived:"sv,    "\nmessage-id:"sv, "\nreturn-path:"sv,
                                      "\ncontent-type:"sv, "\ndelivered-to:"sv};
  const std::size_t first = head.find_first_of(" :\n", 1);
  const bool begins = head.starts_with("\nfrom ") || (first != std::string::npos && head[first] == ':');
  return begins && std::count_if(kFields.begin(), kFields.end(),
                                 [&](string_view field) { return head.find(field) != std::string::npos; }) >= 2;
}

ContentType type_of_text(string_view text) {
  const std::string head = '\n' + lower(text);
  const std::size_t start = head.find_first_not_of("\xef\xbb\xbf \t\r\n");
  if (start != std::string::npos && head[start] == '<' && head.find("<svg") != std::string::npos)
    return ContentType::kSvg;
  return is_email(head) ? ContentType::kEmail : ContentType::kText;
}

bool is_text_control(unsigned char c) {
  return (c >= '\b' && c <= '\r') || c == 0x1b;
}

bool looks_like_text(string_view text) {
  if (text.substr(0, 2) == "\xff\xfe"sv || text.substr(0, 2) == "\xfe\xff"sv) return true;
  std::size_t i = 0;
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 ? !is_text_control(c) : c == 0x7f) return false;
    const std::size_t length = c < 0x80 ? 1 : sequence_length(c);
    if (length == 0) return false;
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    i += length;
  }
  return true;
}

string_view extension_of(string_view name) {
  while (!name.empty() && (name.back() == '.' || name.back() == ' ')) name.remove_suffix(1);
  const std::size_t dot = name.rfind('.');
  const std::size_t separator = name.find_last_of("/\\");
  if (dot == string_view::npos || (separator != string_view::npos && dot < separator)) return {};
  return name.substr(dot + 1);
}

bool is_other_extension(string_view extension) {
  static constexpr std::array kOthers{
      "txt"sv, "csv"sv,  "log"sv, "md"sv,  "json"sv, "xml"sv,  "html"sv, "htm"sv,  "css"sv,  "js"sv,  "sql"sv,
      "ini"sv, "yaml"sv, "yml"sv, "pdf"sv, "rtf"sv,  "doc"sv,  "docx"sv, "xls"sv,  "xlsx"sv, "ppt"sv, "pptx"sv,
      "odt"sv, "ods"sv,  "odp"sv, "zip"sv, "gz"sv,   "tar"sv,  "tgz"sv,  "7z"sv,   "rar"sv,  "exe"sv, "dll"sv,
      "msi"sv, "so"sv,   "jar"sv, "mp3"sv, "wav"sv,  "ogg"sv,  "mp4"sv,  "avi"sv,  "mov"sv,  "mkv"sv, "eml"sv,
      "msg"sv, "ps1"sv,  "sh"sv,  "py"sv,  "c"sv,    "java"sv, "ttf"sv,  "woff2"sv};
  return std::find(kOthers.begin(), kOthers.end(), extension) != kOthers.end();
}

bool is_other_media_type(string_view type) {
  static constexpr std::array kOtherStarts{"text/"sv,
                                           "audio/"sv,
                                           "video/"sv,
                                           "font/"sv,
                                           "application/json"sv,
                                           "application/xml"sv,
                                           "application/javascript"sv,
                                           "application/pdf"sv,
                                           "application/zip"sv,
                                           "application/gzip"sv,
                                           "application/msword"sv,
                                           "application/vnd.ms-"sv,
                                           "application/vnd.openxmlformats"sv,
                                           "application/vnd.oasis"sv};
  return std::any_of(kOtherStarts.begin(), kOtherStarts.end(),
                     [&](string_view start) { return type.starts_with(start); });
}

}  // namespace

ContentType sniff_content(Bytes prefix, bool at_end) {
  prefix = sallyport::prefix(prefix, limits::kSniffBytes);
  at_end = at_end || prefix.size() == limits::kSniffBytes;
  if (prefix.empty()) return at_end ? ContentType::kEmpty : ContentType::kUnknown;
  bool need_more = false;
  const auto decided = [&](std::optional<ContentType> fit) {
    need_more = need_more || fit == kNeedMore;
    return fit && fit != kNeedMore;
  };
  for (const Magic& magic : kMagics) {
    if (const auto fit = fit_magic(prefix, magic); decided(fit)) return *fit;
  }
  for (const auto fit : {fit_bmp(prefix), fit_riff(prefix), fit_ftyp(prefix, at_end)}) {
    if (decided(fit)) return *fit;
  }
  if (need_more && !at_end) return ContentType::kUnknown;
  if (holds_pdf_header(prefix)) return ContentType::kPdf;
  if (!at_end) return ContentType::kUnknown;
  if (const ContentType further = type_further_in(prefix); further != ContentType::kUnknown) return further;
  return looks_like_text(as_text(prefix)) ? type_of_text(as_text(prefix)) : ContentType::kOther;
}

bool claims_no_image(ContentType content, std::string_view file_name, std::string_view media_type) {
  if (!is_image(content)) return false;
  return is_other_extension(lower(extension_of(file_name))) || is_other_media_type(lower(media_type));
}

}  // namespace sallyport
