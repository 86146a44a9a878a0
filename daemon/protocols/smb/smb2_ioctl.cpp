#include "daemon/protocols/smb/smb2_ioctl.h"

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {
namespace {

// MS-SMB2 2.2.31, MS-FSCC 2.3.
enum class ControlCode : std::uint32_t {
  kPipeTransceive = 0x0011c017,
  kCopyChunk = 0x001440f2,
  kCopyChunkWrite = 0x001480f2,
  kOffloadWrite = 0x00098268,
  kDuplicateExtents = 0x00098344,
};

}  // namespace

void on_ioctl_request(Smb2Connection& connection, const Smb2Message& message) {
  ByteReader reader(message.body());
  reader.skip(4);
  switch (static_cast<ControlCode>(reader.u32le())) {
    case ControlCode::kPipeTransceive:
      connection.stats().pipe_transceives.add();
      break;
    case ControlCode::kCopyChunk:
    case ControlCode::kCopyChunkWrite:
    case ControlCode::kOffloadWrite:
    case ControlCode::kDuplicateExtents:
      connection.stats().server_side_copies.add();
      break;
  }
}

}  // namespace sallyport::smb
