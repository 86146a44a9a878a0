#include "daemon/worker/unpack/unpacker.h"

#include <utility>

#include "daemon/base/limits.h"
#include "daemon/worker/unpack/archive_reader.h"
#include "daemon/worker/unpack/compound_file.h"
#include "daemon/worker/unpack/container_type.h"
#include "daemon/worker/unpack/embedded_reader.h"
#include "daemon/worker/unpack/image_extent.h"
#include "daemon/worker/unpack/mime_reader.h"
#include "daemon/worker/unpack/part_path.h"
#include "daemon/worker/unpack/pdf_reader.h"
#include "daemon/worker/unpack/picture_readers.h"
#include "daemon/worker/unpack/zip_directory.h"
#include "daemon/worker/unpack/zip_reader.h"

namespace sallyport {
namespace {

/// What stands before the first member of a ZIP that ends with these bytes.
Bytes before_zip(Bytes bytes) {
  return prefix(bytes, as_text(bytes).find("PK\3\4"));
}

}  // namespace

void Unpacker::unpack(Bytes object) {
  type_ = type_for_unpacking(object);
  look_inside(object, type_);
}

bool Unpacker::member(std::string_view place, Bytes bytes) {
  if (budget_.is_late()) return false;
  const ContentType type = type_for_unpacking(bytes);
  const std::string outer_path = std::exchange(path_, joined_path(path_, place));
  const ContentType outer_type = std::exchange(type_, type);
  if (is_image(type)) parts_.image(path_, bytes);
  look_inside(bytes, type);
  path_ = outer_path;
  type_ = outer_type;
  return !budget_.spent();
}

bool Unpacker::bitmap(std::string_view place, const RawBitmap& bitmap) {
  if (budget_.is_late()) return false;
  parts_.bitmap(joined_path(path_, place), bitmap);
  return !budget_.spent();
}

void Unpacker::not_inspected(std::string_view place, NotInspected reason) {
  parts_.not_inspected(joined_path(path_, place), reason, place.empty() ? type_ : ContentType::kUnknown);
}

void Unpacker::look_inside(Bytes bytes, ContentType type) {
  // Readers of ZIP begin at its end, so any file can be one as well.
  const bool is_zip_too = type != ContentType::kZip && has_zip_end(bytes);
  if (depth_ >= limits::kContainerDepthMax) {
    const bool is_all = is_image(type) && image_extent(type, bytes) == bytes.size();
    if (!is_all || is_zip_too) parts_.not_inspected(path_, NotInspected::kContainerLimit, type);
    return;
  }
  ++depth_;
  zip_end_ = nullptr;
  const bool is_zip_behind = is_zip_too && type == ContentType::kOther;
  read_container(is_zip_behind ? before_zip(bytes) : bytes, type);
  if (is_pdf_too(bytes, type) && !budget_.spent()) {
    flag(is_image(type) ? Evasion::kTrailingData : Evasion::kContainerFraming);
    read_pdf(bytes, *this);
  }
  const std::byte* const end = bytes.data() + bytes.size();
  if (is_zip_too && zip_end_ != end && !budget_.spent()) {
    if (is_image(type)) flag(Evasion::kTrailingData);
    read_zip(bytes, *this);
    zip_end_ = end;
  }
  --depth_;
}

void Unpacker::read_container(Bytes bytes, ContentType type) {
  switch (type) {
    case ContentType::kZip:
      read_zip(bytes, *this);
      zip_end_ = bytes.data() + bytes.size();
      return;
    case ContentType::kPdf:
      return read_pdf(bytes, *this);
    case ContentType::kOle:
      return read_compound_file(bytes, *this);
    case ContentType::kEmail:
      return read_email(bytes, *this);
    case ContentType::kIcon:
      return read_icon(bytes, *this);
    case ContentType::kSvg:
      return read_svg(bytes, *this);
    case ContentType::kDicom:  // pixels of its own may stand beside whole JPEGs
      carve_members("dicom:frame", bytes, *this);
      return not_inspected("", NotInspected::kUnsupportedFormat);
    case ContentType::kVideo:  // motion JPEG is a row of pictures, and covers and thumbnails are some
      carve_members("video:frame", bytes, *this);
      return not_inspected("", NotInspected::kUnsupportedFormat);
    case ContentType::kOther:  // the object itself was searched on the wire, with what its protocol knows of it
      if (depth_ > 1) read_unknown(bytes, *this);
      return;
    default:
      if (is_image(type)) return read_image_surroundings(type, bytes, *this);
      if (is_container(type)) return read_archive(bytes, *this);
  }
}

}  // namespace sallyport
