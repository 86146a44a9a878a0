// QUIC's Initial packets. Their keys come from what every observer sees (RFC 9001 5.2), so the ClientHello in them can
// be read like TLS's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "daemon/base/byte_reader.h"
#include "daemon/base/bytes.h"

namespace sallyport::tls {

/// The long header of one Initial packet (RFC 9000 17.2.2; version 2: RFC 9369). Borrows the datagram's bytes.
struct InitialPacket {
  std::uint32_t version = 0;
  Bytes destination_id;
  Bytes bytes;                ///< the whole packet, what follows in its datagram cut off
  std::size_t number_at = 0;  ///< where the protected packet number begins
};

/// Nothing where `datagram` does not begin with an Initial packet of a version that is known.
std::optional<InitialPacket> parse_initial(Bytes datagram);

/// The frames that the client put into it; `first_id` is the destination of the first Initial packet that it sent.
/// Nothing where the packet is not authentic under these keys.
std::optional<ByteBuffer> open_initial(const InitialPacket& packet, Bytes first_id);

/// A variable-length integer (RFC 9000 16) at the reader's place.
std::uint64_t read_varint(ByteReader& reader);

}  // namespace sallyport::tls
