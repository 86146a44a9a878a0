// Who logs on, from the NTLM message inside a session setup, wrapped in SPNEGO or not.
#pragma once

#include <string>

#include "daemon/base/bytes.h"

namespace sallyport::smb {

/// "DOMAIN\user" of the first AUTHENTICATE_MESSAGE in `token` (MS-NLMP 2.2.1.3), in UTF-8 of at most `size_max` bytes a
/// part; empty where there is none (Kerberos, anonymous). Nothing else of the message is read.
std::string ntlm_user(Bytes token, std::size_t size_max);

}  // namespace sallyport::smb
