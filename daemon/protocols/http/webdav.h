// WebDAV: what the server copies or moves itself (RFC 4918 9.8, 9.9, 10.3), and partial updates of sabre/dav.
#pragma once

#include "daemon/protocols/http/upload_request.h"

namespace sallyport::http {

/// False where the request is none of these; then nothing has changed. PUT is plain HTTP; LOCK and PROPPATCH bring no
/// object.
bool read_webdav(const RequestView& request, UploadRequest& upload);

}  // namespace sallyport::http
