// SMB1 SESSION_SETUP_ANDX, TREE_CONNECT, TREE_CONNECT_ANDX and TREE_DISCONNECT: users and shares (MS-CIFS 2.2.4.53,
// .50, .55, .51; MS-SMB 2.2.4.6).
#pragma once

#include "daemon/protocols/smb/smb1_connection.h"

namespace sallyport::smb {

void on_smb1_session_setup_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                   Smb1Request& request);
void on_smb1_session_setup_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Request& request);
void on_smb1_tree_connect_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                  Smb1Request& request);
void on_smb1_tree_connect_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                const Smb1Request& request);
void on_smb1_tree_disconnect_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Request& request);

}  // namespace sallyport::smb
