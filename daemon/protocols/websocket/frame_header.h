// The header before each frame. RFC 6455 5.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "daemon/base/bytes.h"

namespace sallyport::websocket {

inline constexpr std::uint8_t kContinuation = 0x0;
inline constexpr std::uint8_t kText = 0x1;
inline constexpr std::uint8_t kBinary = 0x2;
inline constexpr std::uint8_t kClose = 0x8;
inline constexpr std::uint8_t kPong = 0xa;

inline constexpr std::size_t kFrameHeaderBytesMax = 14;
inline constexpr std::size_t kControlBytesMax = 125;

struct FrameHeader {
  bool fin = false;
  bool rsv1 = false;       ///< of a message's first frame: compressed (RFC 7692 6)
  bool rsv_other = false;  ///< RSV2 or RSV3: no extension that is registered uses them
  std::uint8_t opcode = 0;
  bool masked = false;
  std::uint64_t length = 0;
  std::array<std::uint8_t, 4> key{};
  bool odd = false;  ///< a length that is not in its shortest form, or too large

  bool is_control() const { return opcode >= kClose && opcode <= kPong; }
  bool is_known() const { return opcode <= kBinary || is_control(); }
};

/// How many bytes the header has that begins like this; 2 while the second byte is not there.
std::size_t frame_header_bytes(Bytes start);
/// Exactly frame_header_bytes().
FrameHeader parse_frame_header(Bytes bytes);

/// `from` with the mask of a frame taken off; `position`: of its first byte in the payload. RFC 6455 5.3.
void unmask(Bytes from, const std::array<std::uint8_t, 4>& key, std::uint64_t position, std::byte* to);

}  // namespace sallyport::websocket
