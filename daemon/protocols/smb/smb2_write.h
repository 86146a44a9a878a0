// SMB2 WRITE: bytes at an offset (MS-SMB2 2.2.21, 2.2.22).
#pragma once

#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

/// The bytes count as sent whatever the server answers: they have left.
Payload on_write_request(Smb2Connection& connection, const Smb2Message& message);
void on_write_reply(Smb2Connection& connection, const Smb2Message& message);

}  // namespace sallyport::smb
