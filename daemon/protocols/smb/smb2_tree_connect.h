// SMB2 TREE_CONNECT and TREE_DISCONNECT: shares (MS-SMB2 2.2.9 to 2.2.12).
#pragma once

#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

void on_tree_connect_request(Smb2Connection& connection, const Smb2Message& message);
void on_tree_connect_reply(Smb2Connection& connection, const Smb2Message& message);
void on_tree_disconnect_request(Smb2Connection& connection, const Smb2Message& message);
/// The server closes all files of the tree connection (MS-SMB2 3.3.5.8).
void on_tree_disconnect_reply(Smb2Connection& connection, const Smb2Message& message);

}  // namespace sallyport::smb
