// Names in SMB: UTF-16LE, or 8-bit text of an unknown code page in old SMB1.
#pragma once

#include <cstddef>
#include <string>

#include "daemon/base/bytes.h"

namespace sallyport::smb {

/// UTF-8 of at most `size_max` bytes, cut at a character; what is no UTF-16 becomes U+FFFD. Stops at a NUL.
std::string utf8_from_utf16(Bytes text, std::size_t size_max);
/// The same for one byte a character: ASCII as it is, anything else as the code point of that number.
std::string utf8_from_bytes(Bytes text, std::size_t size_max);

}  // namespace sallyport::smb
