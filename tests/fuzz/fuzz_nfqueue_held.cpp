// IP packets as the NFQUEUE front end withholds them: each a length byte pair, then the bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "daemon/base/byte_reader.h"
#include "daemon/base/check.h"
#include "daemon/frontends/nfqueue/held_packets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sallyport::ByteReader reader(sallyport::as_byte_span(data, size));
  sallyport::HeldPackets held;
  while (reader.remaining() >= 2) {
    sallyport::QueuedPacket packet;
    packet.payload = reader.take(std::min<std::size_t>(reader.u16be(), reader.remaining()));
    packet.original_size = static_cast<std::uint32_t>(packet.payload.size());
    const bool has_range =
        sallyport::tcp_sequence_range(packet.payload, packet.original_size).value_or(sallyport::SequenceRange{}).size >
        0;
    held.keep(packet);
    SALLYPORT_CHECK(!held.keep(packet) == has_range);  // a copy of what is held is never kept
  }
  return 0;
}
