// SMB2 SET_INFO: rename and end of file (MS-SMB2 2.2.39; MS-FSCC 2.4.13 and 2.4.37).
#pragma once

#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

/// An end of file that takes no byte away counts at once, so that the size is known before the last WRITE comes.
void on_set_info_request(Smb2Connection& connection, const Smb2Message& message);
/// A shorter end of file counts when the server has accepted it and nothing was written since it was asked for:
/// otherwise bytes that are in the file might be taken away.
void on_set_info_reply(Smb2Connection& connection, const Smb2Message& message);

}  // namespace sallyport::smb
