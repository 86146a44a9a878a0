// SMB2 TRANSFORM_HEADER and COMPRESSION_TRANSFORM_HEADER: encrypted and compressed messages (MS-SMB2 2.2.41, 2.2.42).
// Their content is counted, never guessed.
#pragma once

#include "daemon/protocols/smb/opaque_traffic.h"
#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

inline constexpr std::size_t kTransformHeaderBytes = 52;
inline constexpr std::size_t kCompressionHeaderBytes = 16;

/// `head` has kTransformHeaderBytes; what follows in the frame is encrypted.
Payload on_encrypted(Smb2Connection& connection, OpaqueTraffic& opaque, Direction direction, Bytes head,
                     std::uint64_t available, Timestamp time);
/// `head` has kCompressionHeaderBytes; what follows in the frame is, at least in part, compressed.
Payload on_compressed(Smb2Connection& connection, OpaqueTraffic& opaque, Direction direction, std::uint64_t available,
                      Timestamp time);

}  // namespace sallyport::smb
