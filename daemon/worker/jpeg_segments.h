// The marker segments of a JPEG before its first scan (ITU-T T.81 B.1.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "daemon/base/byte_reader.h"
#include "daemon/base/bytes.h"

namespace sallyport {

struct JpegSegment {
  std::uint8_t marker = 0;
  Bytes content;  ///< without the length
};

/// Walks them in order; one thread, borrows the bytes. Bytes between segments, stuffed zeros and repeated 0xFF are
/// skipped, as decoders do.
class JpegSegments {
 public:
  /// `jpeg` begins with SOI.
  explicit JpegSegments(Bytes jpeg);

  /// Nothing at the first scan, at the end of the image or the bytes, before another image, where a length is wrong,
  /// and after limits::kJpegSegmentsMax.
  std::optional<JpegSegment> next();

 private:
  std::uint8_t next_marker();

  ByteReader reader_;
  std::size_t walked_ = 0;
};

/// Start of a frame (ITU-T T.81 table B.1).
bool is_jpeg_frame(std::uint8_t marker);

}  // namespace sallyport
