#include "daemon/transfer/content_sniffer.h"

#include <algorithm>
#include <array>
#include <string>

#include "daemon/base/limits.h"
#include "daemon/contract/content_signs.h"

namespace sallyport {
namespace {

using std::string_view;
using std::string_view_literals::operator""sv;

/// Length of the UTF-8 sequence that `lead` starts; 0 where none does.
std::size_t sequence_length(unsigned char lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  if (lead >= 0xf0 && lead <= 0xf4) return 4;
  return 0;
}

ContentType type_of_text(Bytes text) {
  if (is_svg(text)) return ContentType::kSvg;
  return is_email(text) ? ContentType::kEmail : ContentType::kText;
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

std::string lower(string_view text) {
  std::string small(text);
  for (char& c : small) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return small;
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

/// What only all of the bytes show that are looked at.
ContentType type_of_all(Bytes start) {
  if (const ContentType type = type_further_in(start); type != ContentType::kUnknown) return type;
  // Readers look for a ZIP from its end: other bytes may stand before it.
  if (as_text(start).find("PK\3\4"sv) != string_view::npos) return ContentType::kZip;
  return looks_like_text(as_text(start)) ? type_of_text(start) : ContentType::kOther;
}

}  // namespace

ContentType sniff_content(Bytes bytes, bool at_end) {
  const Bytes start = prefix(bytes, limits::kSniffBytes);
  const bool is_all = at_end || start.size() == limits::kSniffBytes;
  if (start.empty()) return at_end ? ContentType::kEmpty : ContentType::kUnknown;
  if (const auto type = type_by_start(start, is_all)) return *type;
  if (holds_pdf_header(start)) return ContentType::kPdf;
  if (!is_all) return ContentType::kUnknown;
  if (const ContentType type = type_of_all(start); type != ContentType::kOther) return type;
  if (is_iso(bytes)) return ContentType::kIso;
  return at_end || bytes.size() >= kIsoSniffBytes ? ContentType::kOther : ContentType::kUnknown;
}

bool claims_no_image(ContentType content, std::string_view file_name, std::string_view media_type) {
  if (!is_image(content)) return false;
  return is_other_extension(lower(extension_of(file_name))) || is_other_media_type(lower(media_type));
}

}  // namespace sallyport
