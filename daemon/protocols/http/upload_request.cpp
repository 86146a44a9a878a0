#include "daemon/protocols/http/upload_request.h"

#include "daemon/protocols/http/azure_blocks.h"
#include "daemon/protocols/http/content_range.h"
#include "daemon/protocols/http/google_upload.h"
#include "daemon/protocols/http/header_values.h"
#include "daemon/protocols/http/resumable_upload.h"
#include "daemon/protocols/http/s3_multipart.h"
#include "daemon/protocols/http/tus_upload.h"
#include "daemon/protocols/http/webdav.h"

namespace sallyport::http {
namespace {

/// A range of the object at this address (RFC 9110 14.5).
bool read_range(const RequestView& request, UploadRequest& upload) {
  const std::string_view value = request.head.value("content-range");
  if (value.empty()) return false;
  if (const auto total = parse_unsatisfied_range(value)) {
    upload.total = total;
  } else if (const auto range = parse_content_range(value)) {
    upload.offset = range->first;
    upload.size = range->size();
    upload.total = range->total;
  } else {
    return false;
  }
  upload.kind = UploadKind::kPiece;
  return true;
}

}  // namespace

RequestView view_request(std::string_view method, std::string_view site, std::string_view path, const Head& head) {
  const std::string_view other = head.value("x-http-method-override");
  return {other.empty() ? method : other, resolve_reference({site_of(site), "/"}, path), head};
}

UploadRequest read_upload_request(const RequestView& request) {
  static constexpr bool (*kReaders[])(const RequestView&, UploadRequest&) = {
      read_tus, read_resumable, read_s3, read_azure, read_google, read_webdav, read_range};
  UploadRequest upload;
  upload.key = upload_key(request.address);
  for (const auto read : kReaders) {
    if (read(request, upload)) break;
  }
  return upload;
}

std::string upload_key(const WebAddress& address) {
  return "http-upload " + address.site + ' ' + address.path;
}

}  // namespace sallyport::http
