#include "daemon/protocols/http/webdav.h"

#include "daemon/protocols/http/content_range.h"
#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

/// A range without a total; "append" has no place that anybody says.
bool read_partial_update(const RequestView& request, UploadRequest& upload) {
  const auto offset = parse_range_start(request.head.value("x-update-range"));
  if (!offset) return false;
  upload.kind = UploadKind::kPiece;
  upload.offset = *offset;
  upload.grows = true;
  return true;
}

}  // namespace

bool read_webdav(const RequestView& request, UploadRequest& upload) {
  if (request.method == "PATCH") return read_partial_update(request, upload);
  const std::string_view destination = request.head.value("destination");
  if ((request.method != "COPY" && request.method != "MOVE") || destination.empty()) return false;
  upload.kind = UploadKind::kCopy;
  upload.source = request.address.path;
  upload.destination = resolve_reference(request.address, destination);
  return true;
}

}  // namespace sallyport::http
