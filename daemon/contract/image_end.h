// Where an image ends, told by its own structure: lets a verdict be asked for before the protocol says that the object
// ended, and an image be cut out of bytes that nobody describes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "daemon/base/bytes.h"
#include "daemon/contract/content_type.h"

namespace sallyport {

/// Pushed the bytes of one image in order. JPEG: EOI at marker level, so that a thumbnail's EOI inside a segment does
/// not count (ITU-T T.81 B.1); PNG: IEND chunk (PNG 3rd ed. 5.3); GIF: trailer (GIF89a 27); BMP and WebP: the size
/// field. Other types and broken structures never end. Keeps a few bytes whatever is fed. Not thread-safe.
class ImageEnd {
 public:
  explicit ImageEnd(ContentType type);

  void feed(Bytes bytes);
  /// One past the last byte of the image, once that byte was fed.
  std::optional<std::uint64_t> end() const { return ended_ ? std::optional(position_) : std::nullopt; }
  /// Bytes understood so far: all that were fed, until it ended or was lost.
  std::uint64_t position() const { return position_; }
  /// It will never end: its structure is broken, or its type has no end that can be told.
  bool lost() const { return step_ == Step::kStopped && !ended_; }

 private:
  enum class Step : std::uint8_t {
    kStopped,
    kJpegStart,
    kJpegMarker,
    kJpegLength,
    kJpegEntropy,
    kPngChunk,
    kPngLastChunk,
    kGifStart,
    kGifBlock,
    kGifImage,
    kGifSubBlock,
    kSizeField,
  };

  Bytes collect(Bytes bytes);
  Bytes skip(Bytes bytes);
  Bytes scan_entropy(Bytes bytes);
  void act();
  void act_jpeg();
  void act_jpeg_marker(std::uint8_t marker);
  void act_png();
  void act_gif();
  void act_size_field();
  void expect(Step step, std::size_t size, std::uint64_t skip_first = 0);
  void stop(bool ended);
  std::uint8_t at(std::size_t index) const { return std::to_integer<std::uint8_t>(header_[index]); }

  ContentType type_;
  Step step_ = Step::kStopped;
  bool ended_ = false;
  std::uint8_t jpeg_marker_ = 0;  // whose length follows
  std::uint64_t position_ = 0;
  std::uint64_t skip_ = 0;  // bytes to pass over before the header
  std::size_t wanted_ = 0;  // bytes of header the step acts on
  std::size_t collected_ = 0;
  std::array<std::byte, 16> header_{};
};

/// ImageEnd over a prefix held whole.
std::optional<std::uint64_t> find_image_end(ContentType type, Bytes prefix);

}  // namespace sallyport
