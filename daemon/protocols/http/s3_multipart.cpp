#include "daemon/protocols/http/s3_multipart.h"

#include "daemon/protocols/http/content_range.h"
#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

bool read_copy(const RequestView& request, UploadRequest& upload) {
  const std::string_view source = request.head.value("x-amz-copy-source");
  if (request.method != "PUT" || source.empty()) return false;
  upload.kind = UploadKind::kCopy;
  upload.source = bounded_name(percent_decode(source));
  upload.destination = {request.address.site, std::string(without_query(request.address.path))};
  return true;
}

/// A part that the server copies: its range says how many bytes it has.
void read_copied_part(const Head& head, UploadRequest& upload) {
  upload.source = bounded_name(percent_decode(head.value("x-amz-copy-source")));
  const auto range = parse_content_range(head.value("x-amz-copy-source-range"));
  if (!upload.source.empty() && range) upload.size = range->size();
}

}  // namespace

bool read_s3(const RequestView& request, UploadRequest& upload) {
  const WebAddress& address = request.address;
  const std::string upload_id = query_parameter(address.path, "uploadid");
  if (upload_id.empty()) return read_copy(request, upload);
  const std::string whole =
      "s3-upload " + address.site + ' ' + std::string(without_query(address.path)) + ' ' + upload_id;
  const auto number = parse_offset(query_parameter(address.path, "partnumber"));
  if (request.method == "PUT" && number) {
    upload.kind = UploadKind::kPart;
    upload.key = whole + " part " + std::to_string(*number);
    upload.whole = whole;
    upload.total = parse_offset(request.head.value("x-amz-decoded-content-length"));
    read_copied_part(request.head, upload);
    return true;
  }
  if (request.method != "POST") return false;
  upload.kind = UploadKind::kPartList;
  upload.key = whole + " part ";
  upload.whole = whole;
  upload.list = PartListForm::kS3;
  return true;
}

}  // namespace sallyport::http
