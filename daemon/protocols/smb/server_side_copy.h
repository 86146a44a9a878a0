// Copies that a server makes itself: copy chunk (MS-SMB2 2.2.31.1), offload (MS-FSCC 2.3.41 to 2.3.44), duplicate
// extents (MS-FSCC 2.3.7 to 2.3.10). No byte of the file is on the wire; the written file lacks them, and says so.
#pragma once

#include <cstdint>

#include "daemon/protocols/smb/smb2_connection.h"

namespace sallyport::smb {

/// MS-SMB2 2.2.31, MS-FSCC 2.3; those that are looked at.
enum class ControlCode : std::uint32_t {
  kPipeTransceive = 0x0011c017,
  kRequestResumeKey = 0x00140078,
  kCopyChunk = 0x001440f2,
  kCopyChunkWrite = 0x001480f2,
  kRequestResiliency = 0x001401d4,
  kQueryInterfaces = 0x001401fc,
  kOffloadRead = 0x00094264,
  kOffloadWrite = 0x00098268,
  kSetZeroData = 0x000980c8,
  kDuplicateExtents = 0x00098344,
  kDuplicateExtentsEx = 0x000983e8,
};

/// Bytes of such a message that are buffered: 256 chunks, the most that Windows and Samba take in one request (MS-SMB2
/// 3.3.3 ServerSideCopyMaxNumberofChunks), and an offload token fit twice.
inline constexpr std::size_t kCopyHeadBytesMax = 16384;

bool is_about_copies(ControlCode code);
/// Puts into `request` what is to be copied, from where.
void note_copy_request(Smb2Connection& connection, ControlCode code, Bytes input, Smb2Request& request);
/// The server has done it, or given a key for it.
void on_copy_reply(Smb2Connection& connection, const Smb2Request& request, Bytes output, Timestamp time);

}  // namespace sallyport::smb
