#include "daemon/worker/unpack/container_type.h"

#include <string_view>

#include "daemon/base/limits.h"
#include "daemon/contract/content_signs.h"

namespace sallyport {

ContentType type_for_unpacking(Bytes bytes) {
  if (const auto type = type_by_start(bytes, true)) return *type;
  const Bytes start = prefix(bytes, limits::kSniffBytes);
  if (holds_pdf_header(start)) return ContentType::kPdf;
  if (const ContentType type = type_further_in(start); type != ContentType::kUnknown) return type;
  if (is_iso(bytes)) return ContentType::kIso;
  if (is_svg(bytes)) return ContentType::kSvg;
  return is_email(bytes) ? ContentType::kEmail : ContentType::kOther;
}

bool is_pdf_too(Bytes bytes, ContentType type) {
  constexpr std::size_t kSearchedBytes = 1024, kTarNameBytes = 257;
  if (!is_image(type) && type != ContentType::kTar) return false;
  const std::size_t searched = type == ContentType::kTar ? kTarNameBytes : kSearchedBytes;
  return as_text(prefix(bytes, searched)).find("%PDF-") != std::string_view::npos;
}

}  // namespace sallyport
