#include "daemon/protocols/websocket/frame_header.h"

#include <cstring>

#include "daemon/base/byte_reader.h"

namespace sallyport::websocket {
namespace {

constexpr std::uint8_t kLength16 = 126;
constexpr std::uint8_t kLength64 = 127;

}  // namespace

std::size_t frame_header_bytes(Bytes start) {
  if (start.size() < 2) return 2;
  const auto second = std::to_integer<std::uint8_t>(start[1]);
  const std::uint8_t length = second & 0x7fU;
  return 2U + (length == kLength16 ? 2U : length == kLength64 ? 8U : 0U) + (second & 0x80U ? 4U : 0U);
}

FrameHeader parse_frame_header(Bytes bytes) {
  ByteReader reader(bytes);
  FrameHeader frame;
  const std::uint8_t first = reader.u8(), second = reader.u8();
  frame.fin = first & 0x80U;
  frame.rsv1 = first & 0x40U;
  frame.rsv_other = first & 0x30U;
  frame.opcode = first & 0x0fU;
  frame.masked = second & 0x80U;
  frame.length = second & 0x7fU;
  if (frame.length == kLength16) {
    frame.length = reader.u16be();
    frame.odd = frame.length < kLength16;
  } else if (frame.length == kLength64) {
    frame.length = reader.u64be();
    frame.odd = frame.length <= 0xffff || (frame.length >> 63) != 0;
  }
  if (frame.masked) {
    for (std::uint8_t& byte : frame.key) byte = reader.u8();
  }
  return frame;
}

void unmask(Bytes from, const std::array<std::uint8_t, 4>& key, std::uint64_t position, std::byte* to) {
  std::array<std::uint8_t, 8> turned;
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = key[(position + i) % key.size()];
  std::uint64_t mask = 0;
  std::memcpy(&mask, turned.data(), sizeof mask);
  std::size_t i = 0;
  for (; i + sizeof mask <= from.size(); i += sizeof mask) {
    std::uint64_t word = 0;
    std::memcpy(&word, from.data() + i, sizeof word);
    word ^= mask;
    std::memcpy(to + i, &word, sizeof word);
  }
  for (; i < from.size(); ++i) to[i] = from[i] ^ std::byte{turned[i % turned.size()]};
}

}  // namespace sallyport::websocket
