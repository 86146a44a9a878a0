// The way of an SMB1 message through the commands of its chain (MS-CIFS 2.2.3.4).
#pragma once

#include "daemon/protocols/smb/smb1_connection.h"
#include "daemon/protocols/smb/smb1_raw.h"

namespace sallyport::smb {

/// How much of a message must be buffered, with what is known from `head`; payload that ends a message is not.
std::size_t smb1_head_bytes(Bytes head, std::uint64_t message_size);
Payload on_smb1_message(Smb1Connection& connection, Smb1RawDialogs& raw, Smb1Message message, Direction direction);

}  // namespace sallyport::smb
