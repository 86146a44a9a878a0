// Google's resumable uploads, of Cloud Storage and of other services. Cloud Storage JSON and XML API, "Resumable
// uploads"; X-Goog-Upload-Command of the media services.
#pragma once

#include "daemon/protocols/http/upload_request.h"

namespace sallyport::http {

/// False where the request is none of Google's, or one that its Content-Range alone explains; then nothing has changed.
bool read_google(const RequestView& request, UploadRequest& upload);

}  // namespace sallyport::http
