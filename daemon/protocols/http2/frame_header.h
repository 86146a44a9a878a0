// The nine bytes before each frame. RFC 9113 4.1, 6.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/base/bytes.h"

namespace sallyport::http2 {

enum class FrameType : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kRstStream = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};

inline constexpr std::uint8_t kEndStream = 0x01;  ///< DATA, HEADERS
inline constexpr std::uint8_t kAck = 0x01;        ///< SETTINGS, PING
inline constexpr std::uint8_t kEndHeaders = 0x04;
inline constexpr std::uint8_t kPadded = 0x08;
inline constexpr std::uint8_t kPriorityFields = 0x20;

inline constexpr std::size_t kFrameHeaderBytes = 9;
/// Payload bytes of a frame unless SETTINGS_MAX_FRAME_SIZE says more (RFC 9113 4.2).
inline constexpr std::uint32_t kDefaultFrameBytes = 16384;
inline constexpr std::string_view kConnectionPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct FrameHeader {
  std::uint32_t length = 0;  ///< bytes of payload, padding included
  FrameType type = FrameType::kData;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;  ///< 0: the connection; the reserved bit is taken off

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

/// Exactly kFrameHeaderBytes.
FrameHeader parse_frame_header(Bytes bytes);
/// Known type, and its stream and length rules are kept: what an endpoint would not refuse out of hand.
bool is_well_formed(const FrameHeader& frame);
/// Well formed, no undefined flag, reserved bit and high bytes clear: for telling frames from other bytes. No frame of
/// random bytes is one but once in some ten million places.
bool is_plausible(Bytes nine_bytes);

/// Bytes at the start of the payload that are no content: pad length, priority, promised stream.
std::size_t prefix_bytes(const FrameHeader& frame);

}  // namespace sallyport::http2
