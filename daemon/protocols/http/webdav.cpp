#include "daemon/protocols/http/webdav.h"

#include "daemon/protocols/http/content_range.h"
#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

/// A range without a total, or "append": behind whatever the file is when the server takes it.
bool read_partial_update(const RequestView& request, UploadRequest& upload) {
  const std::string_view place = trim_blanks(request.head.value("x-update-range"));
  const auto offset = parse_range_start(place);
  const bool appends = lower_case(place) == "append";
  if (!offset && !appends) return false;
  upload.kind = appends ? UploadKind::kBlindAppend : UploadKind::kPiece;
  upload.offset = offset.value_or(0);
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
