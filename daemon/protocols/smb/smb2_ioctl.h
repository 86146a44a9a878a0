// SMB2 IOCTL: what moves file bytes without READ and WRITE is counted (MS-SMB2 2.2.31).
#pragma once

#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

void on_ioctl_request(Smb2Connection& connection, const Smb2Message& message);

}  // namespace sallyport::smb
