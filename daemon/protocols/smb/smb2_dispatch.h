// SMB2: one message to the file of its command.
#pragma once

#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

/// How much of a message its command wants buffered, as far as `head` tells; at most kHeadBytesMax.
std::size_t smb2_head_bytes(const Smb2Header& header, Bytes head, std::uint64_t message_size);
/// Takes one message; gives the object bytes that follow its head.
Payload on_smb2_message(Smb2Connection& connection, const Smb2Message& message, bool first);

}  // namespace sallyport::smb
