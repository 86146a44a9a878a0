#include "daemon/protocols/http/azure_blocks.h"

#include "daemon/protocols/http/content_range.h"
#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

/// The address of the blob: a signature or an operation in the query is not part of it.
WebAddress blob_of(const RequestView& request) {
  return {request.address.site, std::string(without_query(request.address.path))};
}

void read_block(const RequestView& request, const std::string& block, UploadRequest& upload) {
  upload.kind = UploadKind::kPart;
  upload.whole = "azure-blob " + upload_key(blob_of(request));
  upload.key = upload.whole + " block " + block;
  upload.source = bounded_name(request.head.value("x-ms-copy-source"));
}

void read_block_list(const RequestView& request, UploadRequest& upload) {
  upload.kind = UploadKind::kPartList;
  upload.whole = "azure-blob " + upload_key(blob_of(request));
  upload.key = upload.whole + " block ";
  upload.list = PartListForm::kAzure;
  upload.media_type = lower_case(request.head.value("x-ms-blob-content-type"));
}

void read_append(const RequestView& request, UploadRequest& upload) {
  upload.key = upload_key(blob_of(request));
  upload.grows = true;
  const auto position = parse_offset(request.head.value("x-ms-blob-condition-appendpos"));
  upload.kind = position ? UploadKind::kPiece : UploadKind::kAppend;
  upload.offset = position.value_or(0);
}

/// A page blob or a file, whose size was said when it was created.
bool read_pages(const RequestView& request, UploadRequest& upload) {
  const Head& head = request.head;
  const std::string_view value = head.value(head.find("x-ms-range") ? "x-ms-range" : "range");
  const auto range = parse_content_range(value);
  if (!range) return false;
  upload.kind = UploadKind::kPiece;
  upload.key = upload_key(blob_of(request));
  upload.offset = range->first;
  upload.size = range->size();
  return true;
}

/// The creation of a page blob or a file says its size, and has no body.
bool read_size(const RequestView& request, UploadRequest& upload) {
  const Head& head = request.head;
  const bool is_file = lower_case(head.value("x-ms-type")) == "file";
  upload.total = parse_offset(head.value(is_file ? "x-ms-content-length" : "x-ms-blob-content-length"));
  if (!upload.total) return false;
  upload.kind = UploadKind::kPiece;
  upload.announces = true;
  upload.key = upload_key(blob_of(request));
  return true;
}

bool read_copy(const RequestView& request, UploadRequest& upload) {
  const std::string_view source = request.head.value("x-ms-copy-source");
  if (source.empty()) return false;
  upload.kind = UploadKind::kCopy;
  upload.source = resolve_reference(request.address, source).path;
  upload.destination = blob_of(request);
  return true;
}

}  // namespace

bool read_azure(const RequestView& request, UploadRequest& upload) {
  if (request.method != "PUT" || !request.head.find("x-ms-version")) return false;
  const std::string operation = lower_case(query_parameter(request.address.path, "comp"));
  const std::string block = query_parameter(request.address.path, "blockid");
  if (operation == "block" && !block.empty()) return read_block(request, block, upload), true;
  if (operation == "blocklist") return read_block_list(request, upload), true;
  if (read_copy(request, upload)) return true;
  if (operation == "appendblock") return read_append(request, upload), true;
  if (operation == "page" || operation == "range") return read_pages(request, upload);
  return operation.empty() && read_size(request, upload);
}

std::optional<std::uint64_t> azure_append_offset(const Head& reply) {
  return parse_offset(reply.value("x-ms-blob-append-offset"));
}

}  // namespace sallyport::http
