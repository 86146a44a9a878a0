// SMB2 CLOSE: a file is done with (MS-SMB2 2.2.15, 2.2.16).
#pragma once

#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

/// Ends what is written: the client sends nothing after it.
void on_close_request(Smb2Connection& connection, const Smb2Message& message);
/// Ends what is read: replies to READ may come until here.
void on_close_reply(Smb2Connection& connection, const Smb2Message& message);

}  // namespace sallyport::smb
