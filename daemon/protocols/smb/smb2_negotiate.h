// SMB2 NEGOTIATE: who the server is and what it can do (MS-SMB2 2.2.4).
#pragma once

#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

void on_negotiate_reply(Smb2Connection& connection, const Smb2Message& message);

}  // namespace sallyport::smb
