#include "daemon/worker/jpeg_segments.h"

#include "daemon/base/limits.h"

namespace sallyport {
namespace {

constexpr std::uint8_t kStartOfImage = 0xD8, kEndOfImage = 0xD9, kStartOfScan = 0xDA;

bool has_length(std::uint8_t marker) {
  return marker != 0x01 && !(marker >= 0xD0 && marker <= kStartOfImage);
}

bool ends_header(std::uint8_t marker) {
  return marker == 0 || marker == kEndOfImage || marker == kStartOfScan || marker == kStartOfImage;
}

}  // namespace

JpegSegments::JpegSegments(Bytes jpeg) : reader_(jpeg) {
  reader_.skip(2);
}

std::optional<JpegSegment> JpegSegments::next() {
  for (; walked_ < limits::kJpegSegmentsMax; ++walked_) {
    const std::uint8_t marker = next_marker();
    if (ends_header(marker)) return std::nullopt;
    if (!has_length(marker)) continue;
    const std::uint16_t length = reader_.u16be();
    const Bytes content = reader_.take(length < 2 ? 0 : length - 2U);
    if (!reader_.ok()) return std::nullopt;
    ++walked_;
    return JpegSegment{marker, content};
  }
  return std::nullopt;
}

/// 0 at the end of the bytes.
std::uint8_t JpegSegments::next_marker() {
  bool after_ff = false;
  while (reader_.ok() && reader_.remaining() > 0) {
    const std::uint8_t byte = reader_.u8();
    if (after_ff && byte != 0xFF && byte != 0) return byte;
    after_ff = byte == 0xFF;
  }
  return 0;
}

bool is_jpeg_frame(std::uint8_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

}  // namespace sallyport
