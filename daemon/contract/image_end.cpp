#include "daemon/contract/image_end.h"

#include <algorithm>
#include <cstring>

#include "daemon/base/byte_reader.h"

namespace sallyport {
namespace {

constexpr std::uint8_t kMarkerStart = 0xff;
constexpr std::uint8_t kEndOfImage = 0xd9;
constexpr std::uint8_t kStartOfScan = 0xda;
constexpr std::size_t kPngSignatureBytes = 8;
constexpr std::size_t kPngChecksumBytes = 4;

/// Bytes of the colour table that a GIF's packed field announces (GIF89a 18, 20).
std::uint64_t gif_colors_bytes(std::uint8_t packed) {
  return packed & 0x80U ? 3ULL << ((packed & 7U) + 1U) : 0;
}

/// Markers without a length (ITU-T T.81 table B.1): TEM, RSTn, SOI.
bool stands_alone(std::uint8_t marker) {
  return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

}  // namespace

ImageEnd::ImageEnd(ContentType type) : type_(type) {
  if (type == ContentType::kJpeg) expect(Step::kJpegStart, 2);
  if (type == ContentType::kPng) expect(Step::kPngChunk, 8, kPngSignatureBytes);
  if (type == ContentType::kGif) expect(Step::kGifStart, 13);
  if (type == ContentType::kBmp) expect(Step::kSizeField, 6);
  if (type == ContentType::kWebp) expect(Step::kSizeField, 8);
}

void ImageEnd::feed(Bytes bytes) {
  while (step_ != Step::kStopped && !bytes.empty()) {
    if (skip_ > 0) {
      bytes = skip(bytes);
    } else if (step_ == Step::kJpegEntropy) {
      bytes = scan_entropy(bytes);
    } else {
      bytes = collect(bytes);
    }
    if (skip_ == 0 && collected_ == wanted_ && step_ != Step::kJpegEntropy) act();
  }
}

Bytes ImageEnd::skip(Bytes bytes) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
  skip_ -= size;
  position_ += size;
  return bytes.subspan(size);
}

Bytes ImageEnd::collect(Bytes bytes) {
  const std::size_t size = std::min(wanted_ - collected_, bytes.size());
  std::copy_n(bytes.begin(), size, header_.begin() + static_cast<std::ptrdiff_t>(collected_));
  collected_ += size;
  position_ += size;
  return bytes.subspan(size);
}

// Coded data runs to the next 0xFF; what follows it is read as a marker.
Bytes ImageEnd::scan_entropy(Bytes bytes) {
  const void* const found = std::memchr(bytes.data(), kMarkerStart, bytes.size());
  const std::size_t size =
      found ? static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data()) : bytes.size();
  position_ += size;
  if (found) expect(Step::kJpegMarker, 2);
  return bytes.subspan(size);
}

void ImageEnd::act() {
  switch (type_) {
    case ContentType::kJpeg:
      return act_jpeg();
    case ContentType::kPng:
      return act_png();
    case ContentType::kGif:
      return act_gif();
    default:
      return act_size_field();
  }
}

void ImageEnd::act_jpeg() {
  if (step_ == Step::kJpegStart) return expect(Step::kJpegMarker, 2);
  if (step_ == Step::kJpegMarker) return at(0) == kMarkerStart ? act_jpeg_marker(at(1)) : stop(false);
  const auto length = static_cast<std::uint32_t>(at(0) << 8 | at(1));
  if (length < 2) return stop(false);
  if (jpeg_marker_ == kStartOfScan) return expect(Step::kJpegEntropy, 0, length - 2);
  expect(Step::kJpegMarker, 2, length - 2);
}

void ImageEnd::act_jpeg_marker(std::uint8_t marker) {
  if (marker == kEndOfImage) return stop(true);
  if (marker == kMarkerStart) {  // a fill byte: the second 0xFF may start the marker
    collected_ = 1;
    return;
  }
  const bool in_scan = jpeg_marker_ == kStartOfScan;
  if (in_scan && (marker == 0 || stands_alone(marker))) return expect(Step::kJpegEntropy, 0);
  if (marker == 0) return stop(false);
  if (stands_alone(marker)) return expect(Step::kJpegMarker, 2);
  jpeg_marker_ = marker;
  expect(Step::kJpegLength, 2);
}

void ImageEnd::act_png() {
  if (step_ == Step::kPngLastChunk) return stop(true);
  ByteReader reader(header_);
  const std::uint64_t rest = std::uint64_t{reader.u32be()} + kPngChecksumBytes;
  if (as_text(reader.take(4)) == "IEND") return expect(Step::kPngLastChunk, 0, rest);
  expect(Step::kPngChunk, 8, rest);
}

void ImageEnd::act_gif() {
  switch (step_) {
    case Step::kGifStart:
      return expect(Step::kGifBlock, 1, gif_colors_bytes(at(10)));
    case Step::kGifBlock:
      if (at(0) == 0x3b) return stop(true);
      if (at(0) == 0x21) return expect(Step::kGifSubBlock, 1, 1);
      return at(0) == 0x2c ? expect(Step::kGifImage, 9) : stop(false);
    case Step::kGifImage:
      return expect(Step::kGifSubBlock, 1, gif_colors_bytes(at(8)) + 1);
    default:
      return at(0) == 0 ? expect(Step::kGifBlock, 1) : expect(Step::kGifSubBlock, 1, at(0));
  }
}

void ImageEnd::act_size_field() {
  if (wanted_ == 0) return stop(true);
  ByteReader reader(header_);
  const bool is_webp = type_ == ContentType::kWebp;
  reader.skip(is_webp ? 4 : 2);
  const std::uint64_t size = std::uint64_t{reader.u32le()} + (is_webp ? 8 : 0);
  // A size that ends inside its own headers says nothing (writers of streams leave zero).
  if (size < 20) return stop(false);
  expect(Step::kSizeField, 0, size + (is_webp ? size & 1 : 0) - position_);
}

void ImageEnd::expect(Step step, std::size_t size, std::uint64_t skip_first) {
  step_ = step;
  wanted_ = size;
  collected_ = 0;
  skip_ = skip_first;
}

void ImageEnd::stop(bool ended) {
  step_ = Step::kStopped;
  ended_ = ended;
}

std::optional<std::uint64_t> find_image_end(ContentType type, Bytes prefix) {
  ImageEnd finder(type);
  finder.feed(prefix);
  return finder.end();
}

}  // namespace sallyport
