// SMB2 SESSION_SETUP and LOGOFF: whose session it is (MS-SMB2 2.2.5, 2.2.7). Passwords and their hashes are not looked
// at.
#pragma once

#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

void on_session_setup_request(Smb2Connection& connection, const Smb2Message& message);
/// The user counts once the server has accepted the logon.
void on_session_setup_reply(Smb2Connection& connection, const Smb2Message& message);
void on_logoff_request(Smb2Connection& connection, const Smb2Message& message);
/// The server closes all files of the session (MS-SMB2 3.3.5.6).
void on_logoff_reply(Smb2Connection& connection, const Smb2Message& message);

}  // namespace sallyport::smb
