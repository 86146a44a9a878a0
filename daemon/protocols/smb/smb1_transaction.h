// What SMB1 transactions do to files: TRANS2_OPEN2, TRANS2_SET_PATH_INFORMATION, TRANS2_SET_FILE_INFORMATION,
// NT_TRANSACT_CREATE, NT_TRANSACT_IOCTL (MS-CIFS 2.2.6.1, .7, .9, 2.2.7.1, .2; MS-SMB 2.2.2.3.5).
// Parameters are read from the first message of a transaction; every client sends names and sizes there.
#pragma once

#include "daemon/protocols/smb/smb1_connection.h"

namespace sallyport::smb {

/// Counts what goes to and from pipes.
void on_smb1_transaction_request(Smb1Connection& connection, const Smb1Block& block);
void on_smb1_transaction2_request(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                                  Smb1Request& request);
void on_smb1_nt_transact_request(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                                 Smb1Request& request);
void on_smb1_transaction_reply(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                               const Smb1Request& request);

}  // namespace sallyport::smb
