// Azure storage: block, append and page blobs, ranges of files, copies. Azure Storage REST API, Put Block, Put Block
// List, Append Block, Put Page, Put Range, Copy Blob.
#pragma once

#include "daemon/protocols/http/upload_request.h"

namespace sallyport::http {

/// False where the request is none of Azure; then nothing has changed.
bool read_azure(const RequestView& request, UploadRequest& upload);

/// Where the server put an appended block; nothing where the reply does not say.
std::optional<std::uint64_t> azure_append_offset(const Head& reply);

}  // namespace sallyport::http
