#include "daemon/protocols/http/resumable_upload.h"

#include "daemon/protocols/http/content_range.h"
#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

/// A boolean of structured fields (RFC 8941 3.3.6); nothing for anything else.
std::optional<bool> parse_boolean(std::string_view value) {
  value = trim_blanks(value);
  if (value.starts_with("?1")) return true;
  if (value.starts_with("?0")) return false;
  return std::nullopt;
}

std::optional<bool> is_completed_by(const Head& head) {
  if (const auto complete = parse_boolean(head.value("upload-complete"))) return complete;
  if (const auto incomplete = parse_boolean(head.value("upload-incomplete"))) return !*incomplete;
  return std::nullopt;
}

}  // namespace

bool read_resumable(const RequestView& request, UploadRequest& upload) {
  const Head& head = request.head;
  const auto complete = is_completed_by(head);
  if (!complete || request.method == "HEAD" || request.method == "GET") return false;
  upload.last = *complete;
  upload.total = parse_offset(head.value("upload-length"));
  if (const auto offset = parse_offset(head.value("upload-offset"));
      offset && (request.method == "PATCH" || *offset > 0)) {
    upload.kind = UploadKind::kPiece;
    upload.offset = *offset;
    return true;
  }
  upload.kind = UploadKind::kCreation;
  upload.has_first_bytes = true;
  if (upload.last && !upload.total) upload.total = parse_offset(head.value("content-length"));
  upload.file_name = disposition_file_name(head.value("content-disposition"));
  if (upload.file_name.empty()) upload.file_name = last_path_segment(request.address.path);
  upload.media_type = lower_case(head.value("content-type"));
  return true;
}

}  // namespace sallyport::http
