// SMB1 RENAME and NT_RENAME of files that are open (MS-CIFS 2.2.4.8, .66). Of closed ones everything is told already.
#pragma once

#include "daemon/protocols/smb/smb1_connection.h"

namespace sallyport::smb {

void on_smb1_rename_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                            Smb1Request& request);
void on_smb1_rename_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Request& request);
/// `name` is a path in the share where it has a backslash, else a name in the folder of the file.
void ask_smb1_rename(const OpenFile& file, const std::string& name, Smb1Request& request);

}  // namespace sallyport::smb
