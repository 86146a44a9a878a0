#include "daemon/protocols/smb/smb2_transform.h"

#include "daemon/base/byte_reader.h"

namespace sallyport::smb {

Payload on_encrypted(Smb2Connection& connection, OpaqueTraffic& opaque, Direction direction, Bytes head,
                     std::uint64_t available, Timestamp time) {
  connection.stats().encrypted_messages.add();
  ByteReader reader(head);
  reader.skip(44);  // protocol, signature, nonce, original size, reserved, flags
  const std::uint64_t session = reader.u64le();
  return opaque.payload({OpaqueKind::kEncrypted, NotInspected::kEncrypted, direction}, connection.user(session),
                        available - head.size(), head.size(), time);
}

tl::expected<PlainMessage, NotInspected> on_compressed(Smb2Connection& connection, Direction direction, Bytes frame) {
  connection.stats().compressed_messages.add();
  auto plain = decompress_message(frame, connection.flow().config.message_bytes_max);
  if (!plain) return plain;
  connection.stats().decompressed_bytes.add(plain->bytes().size());
  const bool is_odd_chain = is_chained(frame) && !connection.chains_compression().value_or(true);
  if (plain->ambiguous() || is_odd_chain) {
    connection.malformed(nullptr);
    connection.files().flag_all(direction == connection.flow().request_direction(), Evasion::kSmbFraming);
  }
  return plain;
}

Payload on_compressed_lost(Smb2Connection& connection, OpaqueTraffic& opaque, NotInspected reason, Direction direction,
                           std::uint64_t size, Timestamp time) {
  connection.stats().compressed_not_decoded.add();
  connection.files().messages_lost(direction == connection.flow().request_direction(), reason);
  return opaque.payload({OpaqueKind::kCompressed, reason, direction}, {}, size, 0, time);
}

}  // namespace sallyport::smb
