#include "daemon/protocols/smb/smb2_transform.h"

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {

Payload on_encrypted(Smb2Connection& connection, OpaqueTraffic& opaque, Direction direction, Bytes head,
                     std::uint64_t available, Timestamp time) {
  connection.stats().encrypted_messages.add();
  ByteReader reader(head);
  reader.skip(44);  // protocol, signature, nonce, original size, reserved, flags
  const std::uint64_t session = reader.u64le();
  return opaque.payload(OpaqueKind::kEncrypted, direction, connection.user(session), available - head.size(),
                        head.size(), time);
}

Payload on_compressed(Smb2Connection& connection, OpaqueTraffic& opaque, Direction direction, std::uint64_t available,
                      Timestamp time) {
  connection.stats().compressed_messages.add();
  return opaque.payload(OpaqueKind::kCompressed, direction, {}, available - kCompressionHeaderBytes,
                        kCompressionHeaderBytes, time);
}

}  // namespace sallyport::smb
