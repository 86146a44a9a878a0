// SMB1 READ_ANDX and WRITE_ANDX, with 64-bit offsets and large sizes (MS-CIFS 2.2.4.42, .43; MS-SMB 2.2.4.2, .3).
#pragma once

#include "daemon/protocols/smb/smb1_connection.h"

namespace sallyport::smb {

void on_smb1_read_andx_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                               Smb1Request& request);
Payload on_smb1_read_andx_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                Smb1Request& request);
Payload on_smb1_write_andx_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block);
void on_smb1_write_andx_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block);

}  // namespace sallyport::smb
