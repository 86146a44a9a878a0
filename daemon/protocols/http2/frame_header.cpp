#include "daemon/protocols/http2/frame_header.h"

#include <array>

#include "daemon/base/byte_reader.h"

namespace sallyport::http2 {
namespace {

constexpr std::size_t kTypeCount = 10;
constexpr std::size_t kPriorityBytes = 5;
constexpr std::size_t kPromisedBytes = 4;

/// Flags that RFC 9113 6 defines, by type.
constexpr std::array<std::uint8_t, kTypeCount> kDefinedFlags{kEndStream | kPadded,
                                                             kEndStream | kEndHeaders | kPadded | kPriorityFields,
                                                             0,
                                                             0,
                                                             kAck,
                                                             kEndHeaders | kPadded,
                                                             kAck,
                                                             0,
                                                             0,
                                                             kEndHeaders};

bool length_fits(const FrameHeader& frame) {
  switch (frame.type) {
    case FrameType::kPriority:
      return frame.length == kPriorityBytes;
    case FrameType::kRstStream:
    case FrameType::kWindowUpdate:
      return frame.length == 4;
    case FrameType::kSettings:
      return frame.length % 6 == 0 && !(frame.has(kAck) && frame.length != 0);
    case FrameType::kPing:
      return frame.length == 8;
    case FrameType::kGoaway:
      return frame.length >= 8;
    default:
      return frame.length >= prefix_bytes(frame);
  }
}

bool stream_fits(const FrameHeader& frame) {
  switch (frame.type) {
    case FrameType::kSettings:
    case FrameType::kPing:
    case FrameType::kGoaway:
      return frame.stream == 0;
    case FrameType::kWindowUpdate:
      return true;
    default:
      return frame.stream != 0;
  }
}

}  // namespace

FrameHeader parse_frame_header(Bytes bytes) {
  ByteReader reader(bytes);
  FrameHeader frame;
  frame.length = reader.u24be();
  frame.type = static_cast<FrameType>(reader.u8());
  frame.flags = reader.u8();
  frame.stream = reader.u32be() & 0x7fffffffU;
  return frame;
}

bool is_well_formed(const FrameHeader& frame) {
  return static_cast<std::size_t>(frame.type) < kTypeCount && stream_fits(frame) && length_fits(frame);
}

bool is_plausible(Bytes nine_bytes) {
  const FrameHeader frame = parse_frame_header(nine_bytes);
  if (!is_well_formed(frame) || frame.length > kDefaultFrameBytes) return false;
  const bool high_stream = nine_bytes[5] != std::byte{0};  // sixteen million streams on one connection
  return !high_stream && !(frame.flags & ~kDefinedFlags[static_cast<std::size_t>(frame.type)]);
}

std::size_t prefix_bytes(const FrameHeader& frame) {
  std::size_t size = 0;
  const bool is_headers = frame.type == FrameType::kHeaders;
  const bool is_promise = frame.type == FrameType::kPushPromise;
  if ((is_headers || is_promise || frame.type == FrameType::kData) && frame.has(kPadded)) ++size;
  if (is_headers && frame.has(kPriorityFields)) size += kPriorityBytes;
  if (is_promise) size += kPromisedBytes;
  return size;
}

}  // namespace sallyport::http2
