// SMB1 NT_CREATE_ANDX, OPEN_ANDX and CLOSE: names, file ids and sizes (MS-CIFS 2.2.4.64, .41, .5; MS-SMB 2.2.4.9).
#pragma once

#include "daemon/protocols/smb/smb1_connection.h"

namespace sallyport::smb {

void on_smb1_open_request(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                          Smb1Request& request);
void on_smb1_open_reply(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                        const Smb1Request& request);
/// Ends what is written, as in SMB2.
void on_smb1_close_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                           Smb1Request& request);
/// Ends what is read.
void on_smb1_close_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Request& request);

}  // namespace sallyport::smb
