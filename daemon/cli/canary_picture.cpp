#include "daemon/cli/canary_picture.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>
// libjpeg's headers need <cstdio> before them.
#include <jpeglib.h>

namespace sallyport::cli {
namespace {

constexpr int kWidth = 640, kHeight = 480, kChannels = 3;
constexpr int kDiscs = 24;
constexpr int kQuality = 88;

using Colour = std::array<std::uint8_t, kChannels>;

class Canvas {
 public:
  explicit Canvas(std::uint64_t seed) : random_(seed), pixels_(std::size_t{kWidth} * kHeight * kChannels) {}

  std::vector<std::uint8_t>& draw() {
    paint_gradient();
    for (int i = 0; i < kDiscs; ++i) paint_disc();
    return pixels_;
  }

 private:
  /// Not std::uniform_int_distribution, whose numbers differ between libraries.
  int below(int bound) { return static_cast<int>(random_() % static_cast<std::uint64_t>(bound)); }
  std::uint8_t level() { return static_cast<std::uint8_t>(below(256)); }
  Colour colour() { return {level(), level(), level()}; }
  std::uint8_t* at(int x, int y) { return &pixels_[(std::size_t(y) * kWidth + std::size_t(x)) * kChannels]; }

  void paint_gradient() {
    const Colour top = colour(), bottom = colour();
    for (int y = 0; y < kHeight; ++y) {
      for (int x = 0; x < kWidth; ++x) {
        for (int c = 0; c < kChannels; ++c) {
          at(x, y)[c] = static_cast<std::uint8_t>((top[c] * (kHeight - y) + bottom[c] * y) / kHeight);
        }
      }
    }
  }

  void paint_disc() {
    const int middle_x = below(kWidth), middle_y = below(kHeight), radius = 20 + below(90);
    const Colour paint = colour();
    for (int y = std::max(0, middle_y - radius); y < std::min(kHeight, middle_y + radius); ++y) {
      for (int x = std::max(0, middle_x - radius); x < std::min(kWidth, middle_x + radius); ++x) {
        const int across = x - middle_x, down = y - middle_y;
        if (across * across + down * down <= radius * radius) std::copy(paint.begin(), paint.end(), at(x, y));
      }
    }
  }

  std::mt19937_64 random_;
  std::vector<std::uint8_t> pixels_;
};

ByteBuffer encode(std::vector<std::uint8_t>& pixels) {
  jpeg_compress_struct codec;
  jpeg_error_mgr errors;
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  unsigned char* file = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&codec, &file, &size);
  codec.image_width = kWidth;
  codec.image_height = kHeight;
  codec.input_components = kChannels;
  codec.in_color_space = JCS_RGB;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, kQuality, TRUE);
  jpeg_start_compress(&codec, TRUE);
  while (codec.next_scanline < codec.image_height) {
    JSAMPROW row = &pixels[std::size_t{codec.next_scanline} * kWidth * kChannels];
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  const Bytes written = as_byte_span(file, size);
  ByteBuffer bytes(written.begin(), written.end());
  jpeg_destroy_compress(&codec);
  std::free(file);
  return bytes;
}

}  // namespace

ByteBuffer draw_canary(std::uint64_t seed) {
  Canvas canvas(seed);
  return encode(canvas.draw());
}

}  // namespace sallyport::cli
