#include "daemon/protocols/http2/http2_recognition.h"

#include <algorithm>

#include "daemon/protocols/http2/frame_header.h"

namespace sallyport::http2 {
namespace {

/// Settings of one frame; eight are registered.
constexpr std::uint32_t kSettingsBytesMax = 6 * 32;

Recognition recognise_preface(std::string_view text) {
  const std::size_t size = std::min(text.size(), kConnectionPreface.size());
  if (text.substr(0, size) != kConnectionPreface.substr(0, size)) return Recognition::kNo;
  return size == kConnectionPreface.size() ? Recognition::kYes : Recognition::kMaybe;
}

/// Control frames of fixed length fix six bytes and more: one alone is enough.
bool is_certain(const FrameHeader& frame) {
  switch (frame.type) {
    case FrameType::kSettings:
      return frame.length <= kSettingsBytesMax;
    case FrameType::kPriority:
    case FrameType::kRstStream:
    case FrameType::kPing:
    case FrameType::kWindowUpdate:
      return true;
    default:
      return false;
  }
}

Recognition recognise_frames(Bytes bytes) {
  if (bytes.size() < kFrameHeaderBytes) {
    return bytes[0] == std::byte{0} ? Recognition::kMaybe : Recognition::kNo;
  }
  if (!is_plausible(bytes.first(kFrameHeaderBytes))) return Recognition::kNo;
  const FrameHeader first = parse_frame_header(bytes);
  if (is_certain(first)) return Recognition::kYes;
  const std::size_t next = kFrameHeaderBytes + first.length;
  if (bytes.size() < next + kFrameHeaderBytes) return Recognition::kMaybe;
  return is_plausible(bytes.subspan(next, kFrameHeaderBytes)) ? Recognition::kYes : Recognition::kNo;
}

}  // namespace

Recognition recognise_http2(Direction direction, Bytes prefix) {
  if (prefix.empty()) return Recognition::kMaybe;
  const Recognition preface =
      direction == Direction::kClientToServer ? recognise_preface(as_text(prefix)) : Recognition::kNo;
  return preface == Recognition::kNo ? recognise_frames(prefix) : preface;
}

}  // namespace sallyport::http2
