// Create contexts: what a CREATE asks for, or grants, beside the file (MS-SMB2 2.2.13.2, 2.2.14.2).
#pragma once

#include <optional>
#include <string>

#include "daemon/base/bytes.h"
#include "daemon/protocols/smb/file_id.h"

namespace sallyport::smb {

/// Of a durable handle; the other contexts are not looked at.
struct CreateContexts {
  bool is_durable = false;           ///< DHnQ or DH2Q, asked for or granted
  std::optional<FileId> reconnects;  ///< DHnC or DH2C: the open that is taken up again
  std::string create_guid;           ///< DH2Q or DH2C: 16 bytes
};

/// `contexts` may be cut off or lie; what can be read counts.
CreateContexts parse_create_contexts(Bytes contexts);

}  // namespace sallyport::smb
