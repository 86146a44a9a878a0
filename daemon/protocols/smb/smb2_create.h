// SMB2 CREATE: a name becomes a file id (MS-SMB2 2.2.13, 2.2.14).
#pragma once

#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

/// The file exists for us from here on: related requests of the compound may use it before the reply comes.
void on_create_request(Smb2Connection& connection, const Smb2Message& message);
void on_create_reply(Smb2Connection& connection, const Smb2Message& message);

}  // namespace sallyport::smb
