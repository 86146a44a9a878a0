// SMB2 READ: the offset is in the request, the bytes are in the reply (MS-SMB2 2.2.19, 2.2.20).
#pragma once

#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

void on_read_request(Smb2Connection& connection, const Smb2Message& message);
Payload on_read_reply(Smb2Connection& connection, const Smb2Message& message);

}  // namespace sallyport::smb
