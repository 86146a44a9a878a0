// SMB2 IOCTL: what moves file bytes without READ and WRITE (MS-SMB2 2.2.31, 2.2.32). Pipe transactions carry their
// bytes; copies that the server makes itself have none on the wire and are told as such, once the server has accepted
// them.
#pragma once

#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

/// How much of an IOCTL message is to be buffered, as far as `head` tells: copies are read, pipe payload passes by.
std::size_t ioctl_head_bytes(Bytes head, bool is_reply);
Payload on_ioctl_request(Smb2Connection& connection, const Smb2Message& message);
Payload on_ioctl_reply(Smb2Connection& connection, const Smb2Message& message);

}  // namespace sallyport::smb
