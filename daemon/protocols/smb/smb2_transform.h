// SMB2 TRANSFORM_HEADER and COMPRESSION_TRANSFORM_HEADER: encrypted and compressed messages (MS-SMB2 2.2.41, 2.2.42).
// What is encrypted is counted, never guessed; what is compressed is decompressed.
#pragma once

#include <tl/expected.hpp>

#include "daemon/protocols/smb/compression/compressed_message.h"
#include "daemon/protocols/smb/opaque_traffic.h"
#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

inline constexpr std::size_t kTransformHeaderBytes = 52;

/// `head` has kTransformHeaderBytes; what follows in the frame is encrypted.
Payload on_encrypted(Smb2Connection& connection, OpaqueTraffic& opaque, Direction direction, Bytes head,
                     std::uint64_t available, Timestamp time);
/// `frame` is a compressed message, whole. Gives the message or compound that it stands for, or why there is none.
tl::expected<PlainMessage, NotInspected> on_compressed(Smb2Connection& connection, Direction direction, Bytes frame);
/// `size` bytes are of a compressed message that cannot be had. What was in it is missing elsewhere: running transfers
/// are told.
Payload on_compressed_lost(Smb2Connection& connection, OpaqueTraffic& opaque, NotInspected reason, Direction direction,
                           std::uint64_t size, Timestamp time);

}  // namespace sallyport::smb
