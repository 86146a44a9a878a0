#include "daemon/worker/unpack/container_type.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "daemon/worker/image_header.h"

namespace sallyport {
namespace {

using std::string_view;
using std::string_view_literals::operator""sv;

struct Signature {
  std::size_t offset;
  string_view text;
  ContentType type;
};
constexpr std::array kSignatures{
    Signature{0, "PK\3\4"sv, ContentType::kZip},
    Signature{0, "PK\5\6"sv, ContentType::kZip},
    Signature{0, "PK\7\x08"sv, ContentType::kZip},
    Signature{0, "PK00PK\3\4"sv, ContentType::kZip},
    Signature{0, "7z\xBC\xAF\x27\x1C"sv, ContentType::kSevenZip},
    Signature{0, "Rar!\x1A\7"sv, ContentType::kRar},
    Signature{0, "\x1F\x8B\x08"sv, ContentType::kGzip},
    Signature{0, "BZh"sv, ContentType::kBzip2},
    Signature{0,
              "\xFD"
              "7zXZ\0"sv,
              ContentType::kXz},
    Signature{0, "LZIP\1"sv, ContentType::kXz},
    Signature{0, "]\0\0"sv, ContentType::kXz},
    Signature{0, "\x28\xB5\x2F\xFD"sv, ContentType::kZstd},
    Signature{0, "\x04\x22\x4D\x18"sv, ContentType::kZstd},
    Signature{0, "\x1F\x9D"sv, ContentType::kGzip},
    Signature{0, "MSCF\0\0\0\0"sv, ContentType::kCpio},
    Signature{0, "!<arch>\n"sv, ContentType::kCpio},
    Signature{0, "070701"sv, ContentType::kCpio},
    Signature{0, "070702"sv, ContentType::kCpio},
    Signature{0, "070707"sv, ContentType::kCpio},
    Signature{0, "\xC7\x71"sv, ContentType::kCpio},
    Signature{0, "\x71\xC7"sv, ContentType::kCpio},
    Signature{257, "ustar"sv, ContentType::kTar},
    Signature{32769, "CD001"sv, ContentType::kIso},
    Signature{0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, ContentType::kOle},
    Signature{128, "DICM"sv, ContentType::kDicom},
    Signature{0, "\x1A\x45\xDF\xA3"sv, ContentType::kVideo},
    Signature{0, "\0\0\1\xBA"sv, ContentType::kVideo},
    Signature{0, "\0\0\1\xB3"sv, ContentType::kVideo},
};

constexpr std::array kForeignPictures{
    Signature{40, " EMF"sv, ContentType::kOther}, Signature{0, "\xD7\xCD\xC6\x9A"sv, ContentType::kOther},
    Signature{0, "8BPS\0"sv, ContentType::kOther}, Signature{0, "gimp xcf "sv, ContentType::kOther}};

bool fits(Bytes bytes, const Signature& signature) {
  return bytes.size() >= signature.offset && as_text(bytes.subspan(signature.offset)).starts_with(signature.text);
}

/// A tar older than POSIX has no signature: its header's checksum (pax(1), "ustar Interchange Format") tells it.
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

/// ICONDIR: reserved 0, type 1 or 2, a number of images, and a first entry whose image lies in the file.
bool is_icon(Bytes bytes) {
  const string_view text = as_text(prefix(bytes, 22));
  if (text.size() < 22 || text.substr(0, 2) != "\0\0"sv || (text[2] != 1 && text[2] != 2) || text[3] != 0) return false;
  const auto byte = [&](std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); };
  const std::uint32_t offset = byte(18) | byte(19) << 8 | byte(20) << 16 | byte(21) << 24;
  return (byte(4) | byte(5)) != 0 && byte(9) == 0 && offset >= 22 && offset < bytes.size();
}

std::string lower(string_view text) {
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return small;
}

/// A message begins with header fields (RFC 5322 2.2); two that only messages have are enough.
bool is_email(Bytes bytes) {
  static constexpr std::array kFields{
      "\nmime-version:"sv, "\nfrom:"sv,       "\nto:"sv,          "\nsubject:"sv,      "\ndate:"sv,
      "\nreceived:"sv,     "\nmessage-id:"sv, "\nreturn-path:"sv, "\ncontent-type:"sv, "\ncontent-transfer-encoding:"sv,
      "\ndelivered-to:"sv};
  const std::string head = '\n' + lower(as_text(prefix(bytes, 8192)));
  const std::size_t first = head.find_first_of(" :\n", 1);
  const bool mbox = head.starts_with("\nfrom ");
  if (!mbox && (first == std::string::npos || head[first] != ':')) return false;
  return std::count_if(kFields.begin(), kFields.end(),
                       [&](string_view field) { return head.find(field) != std::string::npos; }) >= 2;
}

bool is_svg(Bytes bytes) {
  const std::string head = lower(as_text(prefix(bytes, 4096)));
  const std::size_t start = head.find_first_not_of("\xEF\xBB\xBF \t\r\n");
  return start != std::string::npos && head[start] == '<' && head.find("<svg") != std::string::npos;
}

bool is_video(Bytes bytes) {
  const string_view text = as_text(prefix(bytes, 12));
  if (text.size() < 12) return false;
  if (text.starts_with("RIFF"sv)) return text.ends_with("AVI "sv);
  static constexpr std::array kBoxes{"ftyp"sv, "moov"sv, "mdat"sv, "wide"sv};
  return std::find(kBoxes.begin(), kBoxes.end(), text.substr(4, 4)) != kBoxes.end();
}

}  // namespace

ContentType type_for_unpacking(Bytes bytes) {
  if (const ContentType image = read_image_header(bytes).format; image != ContentType::kUnknown) return image;
  if (is_video(bytes)) return ContentType::kVideo;
  for (const Signature& signature : kSignatures) {
    if (fits(bytes, signature)) return signature.type;
  }
  if (as_text(prefix(bytes, 1024)).find("%PDF-") != string_view::npos) return ContentType::kPdf;
  if (is_old_tar(bytes)) return ContentType::kTar;
  if (is_icon(bytes)) return ContentType::kIcon;
  if (is_svg(bytes)) return ContentType::kSvg;
  return is_email(bytes) ? ContentType::kEmail : ContentType::kOther;
}

bool is_pdf_too(Bytes bytes, ContentType type) {
  constexpr std::size_t kSearchedBytes = 1024, kTarNameBytes = 257;
  if (!is_image(type) && type != ContentType::kTar) return false;
  const std::size_t searched = type == ContentType::kTar ? kTarNameBytes : kSearchedBytes;
  return as_text(prefix(bytes, searched)).find("%PDF-") != string_view::npos;
}

bool is_foreign_picture(Bytes bytes) {
  return std::any_of(kForeignPictures.begin(), kForeignPictures.end(),
                     [bytes](const Signature& signature) { return fits(bytes, signature); });
}

}  // namespace sallyport
