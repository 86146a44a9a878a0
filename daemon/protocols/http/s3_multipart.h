// Amazon S3 and what speaks like it: parts in any order, and copies. Amazon S3 API Reference, UploadPart,
// CompleteMultipartUpload, UploadPartCopy, CopyObject.
#pragma once

#include "daemon/protocols/http/upload_request.h"

namespace sallyport::http {

/// False where the request is none of S3; then nothing has changed. A bucket in the path and one in the host are both
/// taken as they are sent: clients do not change that within an upload.
bool read_s3(const RequestView& request, UploadRequest& upload);

}  // namespace sallyport::http
