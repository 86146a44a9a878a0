// tus 1.0: uploads that go on after a break. https://tus.io/protocols/resumable-upload
#pragma once

#include "daemon/protocols/http/upload_request.h"

namespace sallyport::http {

/// False where the request is none of tus; then nothing has changed. Creation with and without upload, deferred length,
/// PATCH, concatenation; a checksum is the receiver's matter.
bool read_tus(const RequestView& request, UploadRequest& upload);

}  // namespace sallyport::http
