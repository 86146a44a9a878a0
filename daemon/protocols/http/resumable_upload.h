// Resumable uploads of the IETF. draft-ietf-httpbis-resumable-upload, its older drafts with Upload-Incomplete included.
#pragma once

#include "daemon/protocols/http/upload_request.h"

namespace sallyport::http {

/// False where the request is none of these; then nothing has changed.
bool read_resumable(const RequestView& request, UploadRequest& upload);

}  // namespace sallyport::http
