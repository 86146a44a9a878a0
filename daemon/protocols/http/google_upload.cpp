#include "daemon/protocols/http/google_upload.h"

#include "daemon/protocols/http/content_range.h"
#include "daemon/protocols/http/header_values.h"

namespace sallyport::http {
namespace {

void read_creation(const RequestView& request, UploadRequest& upload) {
  const Head& head = request.head;
  upload.kind = UploadKind::kCreation;
  const bool by_command = head.find("x-goog-upload-command") != nullptr;
  upload.total =
      parse_offset(head.value(by_command ? "x-goog-upload-header-content-length" : "x-upload-content-length"));
  upload.media_type =
      lower_case(head.value(by_command ? "x-goog-upload-header-content-type" : "x-upload-content-type"));
  upload.file_name = last_path_segment(query_parameter(request.address.path, "name"));
  const bool names_object = head.find("x-goog-resumable") != nullptr;
  if (names_object) upload.file_name = last_path_segment(request.address.path);
}

/// "start", "upload", "upload, finalize".
bool read_command(const RequestView& request, UploadRequest& upload) {
  const std::string command = lower_case(request.head.value("x-goog-upload-command"));
  if (command.find("start") != std::string::npos) return read_creation(request, upload), true;
  const auto offset = parse_offset(request.head.value("x-goog-upload-offset"));
  if (!offset || command.find("upload") == std::string::npos) return false;
  upload.kind = UploadKind::kPiece;
  upload.offset = *offset;
  upload.last = command.find("finalize") != std::string::npos;
  return true;
}

}  // namespace

bool read_google(const RequestView& request, UploadRequest& upload) {
  const Head& head = request.head;
  if (head.find("x-goog-upload-command")) return read_command(request, upload);
  const std::string& path = request.address.path;
  const bool has_session = !query_parameter(path, "upload_id").empty();
  const bool starts = lower_case(query_parameter(path, "uploadtype")) == "resumable" ||
                      lower_case(head.value("x-goog-resumable")) == "start";
  if (starts && !has_session) return read_creation(request, upload), true;
  if (!has_session || request.method != "PUT" || head.find("content-range")) return false;
  // The whole object in one request, which later ones may go on with.
  upload.kind = UploadKind::kPiece;
  upload.size = upload.total = parse_offset(head.value("content-length"));
  upload.last = true;
  return true;
}

}  // namespace sallyport::http
