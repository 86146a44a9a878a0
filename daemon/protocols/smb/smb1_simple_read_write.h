// SMB1 commands with 16-bit lengths: READ, LOCK_AND_READ, WRITE, WRITE_AND_UNLOCK, WRITE_AND_CLOSE, WRITE_PRINT_FILE
// (MS-CIFS 2.2.4.11, .20, .12, .21, .40, .68).
#pragma once

#include "daemon/protocols/smb/smb1_connection.h"

namespace sallyport::smb {

/// Format and length before the data of READ and WRITE (SMB_Data.Bytes.BufferFormat, .DataLength).
inline constexpr std::size_t kDataBlockHeadBytes = 3;

void on_smb1_read_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                          Smb1Request& request);
Payload on_smb1_read_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                           Smb1Request& request);
/// Of no bytes: sets the end of the file.
Payload on_smb1_write_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                              Smb1Request& request);
Payload on_smb1_write_and_close_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                                        Smb1Request& request);
Payload on_smb1_write_print_file_request(Smb1Connection& connection, const Smb1Message& message,
                                         const Smb1Block& block);
void on_smb1_write_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                         const Smb1Request& request);

}  // namespace sallyport::smb
