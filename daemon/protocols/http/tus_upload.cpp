#include "daemon/protocols/http/tus_upload.h"

#include "daemon/base/limits.h"
#include "daemon/protocols/http/content_range.h"
#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

constexpr std::string_view kBytesOfAnObject = "application/offset+octet-stream";

/// The value of `name` in Upload-Metadata: pairs of a name and a base64 text, split by commas.
std::string metadata(const Head& head, std::string_view name) {
  std::string_view rest = head.value("upload-metadata");
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    const std::string_view pair = trim_blanks(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t blank = pair.find(' ');
    if (blank == std::string_view::npos || lower_case(pair.substr(0, blank)) != name) continue;
    return bounded_name(base64_text(trim_blanks(pair.substr(blank))));
  }
  return {};
}

void read_names(const Head& head, UploadRequest& upload) {
  upload.file_name = metadata(head, "filename");
  if (upload.file_name.empty()) upload.file_name = metadata(head, "name");
  upload.media_type = lower_case(metadata(head, "filetype"));
}

void read_concatenation(const RequestView& request, std::string_view list, UploadRequest& upload) {
  upload.kind = UploadKind::kConcatenation;
  for (const std::string_view reference : split_words(list)) {
    // One more than are composed, so that the object is told as over budget.
    if (upload.parts.size() > limits::kPartsPerObjectMax) break;
    upload.parts.push_back(upload_key(resolve_reference(request.address, reference)));
  }
}

}  // namespace

bool read_tus(const RequestView& request, UploadRequest& upload) {
  const Head& head = request.head;
  const bool has_bytes = starts_with_ignoring_case(head.value("content-type"), kBytesOfAnObject);
  if (!head.find("tus-resumable") && !has_bytes) return false;
  upload.total = parse_offset(head.value("upload-length"));
  if (const auto offset = parse_offset(head.value("upload-offset")); offset && request.method != "HEAD") {
    upload.kind = UploadKind::kPiece;
    upload.offset = *offset;
    return true;
  }
  if (request.method != "POST") return false;
  read_names(head, upload);
  const std::string_view concat = head.value("upload-concat");
  if (starts_with_ignoring_case(concat, "final")) {
    read_concatenation(request, concat.substr(5), upload);
    return true;
  }
  upload.kind = UploadKind::kCreation;
  upload.has_first_bytes = has_bytes;
  upload.is_material = starts_with_ignoring_case(concat, "partial");
  return true;
}

}  // namespace sallyport::http
