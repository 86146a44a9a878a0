// Bytes written as text: base64 (RFC 4648, RFC 2045 6.8), quoted-printable (RFC 2045 6.7), uuencode (POSIX).
#pragma once

#include <string_view>

#include "daemon/worker/unpack/unpack_budget.h"

namespace sallyport {

/// Characters outside the alphabet are passed over, as mail readers do; both alphabets of RFC 4648 are taken. Padding
/// ends nothing: readers that meet more after it go on. False when the buffer is full.
bool decode_base64(std::string_view text, MemberBuffer& out);
bool decode_quoted_printable(std::string_view text, MemberBuffer& out);
/// The lines behind "begin 644 name"; up to "end".
bool decode_uuencode(std::string_view lines, MemberBuffer& out);

}  // namespace sallyport
