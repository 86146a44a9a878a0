#include "daemon/worker/gif_decoder.h"

#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "daemon/base/byte_reader.h"
#include "daemon/base/limits.h"

namespace sallyport {
namespace {

struct CloseGif {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};
using GifFile = std::unique_ptr<GifFileType, CloseGif>;

int read_bytes(GifFileType* gif, GifByteType* target, int wanted) {
  auto& reader = *static_cast<ByteReader*>(gif->UserData);
  const std::size_t size = std::min(reader.remaining(), static_cast<std::size_t>(std::max(wanted, 0)));
  const Bytes bytes = reader.take(size);
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::byte*>(target));
  return static_cast<int>(size);
}

enum class Next { kImage, kEnd, kBroken };

/// Reads past extensions; a graphic control extension (GIF89a 23) says which colour of the next image is transparent.
Next next_image(GifFileType* gif, GraphicsControlBlock& control) {
  for (std::size_t i = 0; i < limits::kImageBoxesMax; ++i) {
    GifRecordType record = UNDEFINED_RECORD_TYPE;
    if (DGifGetRecordType(gif, &record) == GIF_ERROR) return Next::kBroken;
    if (record == IMAGE_DESC_RECORD_TYPE) return Next::kImage;
    if (record == TERMINATE_RECORD_TYPE) return Next::kEnd;
    int code = 0;
    GifByteType* block = nullptr;
    if (DGifGetExtension(gif, &code, &block) == GIF_ERROR) return Next::kBroken;
    if (code == GRAPHICS_EXT_FUNC_CODE && block != nullptr) DGifExtensionToGCB(block[0], block + 1, &control);
    while (block != nullptr) {
      if (DGifGetExtensionNext(gif, &block) == GIF_ERROR) return Next::kBroken;
    }
  }
  return Next::kImage;  // more than anybody walks through: there may be one behind
}

/// The row on which the n-th stored line of an interlaced image lies (GIF89a appendix E).
std::vector<int> row_order(int height, bool interlaced) {
  struct Pass {
    int first, step;
  };
  constexpr std::array<Pass, 4> kInterlaced{{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
  constexpr std::array<Pass, 1> kPlain{{{0, 1}}};
  const std::span<const Pass> passes = interlaced ? std::span<const Pass>(kInterlaced) : std::span<const Pass>(kPlain);
  std::vector<int> rows;
  for (const Pass& pass : passes) {
    for (int y = pass.first; y < height; y += pass.step) rows.push_back(y);
  }
  return rows;
}

void draw_line(const std::vector<GifPixelType>& line, const ColorMapObject* colours, int transparent,
               cv::Vec3b* target) {
  for (std::size_t x = 0; x < line.size(); ++x) {
    if (line[x] == transparent || colours == nullptr || line[x] >= colours->ColorCount) continue;
    const GifColorType& colour = colours->Colors[line[x]];
    target[x] = cv::Vec3b(colour.Blue, colour.Green, colour.Red);
  }
}

/// False when the data ends or breaks before the last line.
bool draw_image(GifFileType* gif, int transparent, cv::Mat& canvas) {
  const GifImageDesc& image = gif->Image;
  const ColorMapObject* colours = image.ColorMap != nullptr ? image.ColorMap : gif->SColorMap;
  std::vector<GifPixelType> line(static_cast<std::size_t>(image.Width));
  for (const int y : row_order(image.Height, image.Interlace)) {
    if (DGifGetLine(gif, line.data(), image.Width) == GIF_ERROR) return false;
    draw_line(line, colours, transparent, canvas.ptr<cv::Vec3b>(image.Top + y) + image.Left);
  }
  return true;
}

void decode_opened(GifFileType* gif, const DecodeLimits& bounds, DecodedImage& result) {
  GraphicsControlBlock control{};
  control.TransparentColor = NO_TRANSPARENT_COLOR;
  result.width = gif->SWidth;
  result.height = gif->SHeight;
  if (next_image(gif, control) != Next::kImage || DGifGetImageDesc(gif) == GIF_ERROR) return;
  if (gif->Image.Width <= 0 || gif->Image.Height <= 0) return;
  result.width = std::max(gif->SWidth, gif->Image.Left + gif->Image.Width);
  result.height = std::max(gif->SHeight, gif->Image.Top + gif->Image.Height);
  if (static_cast<std::uint64_t>(result.width) * static_cast<std::uint64_t>(result.height) > bounds.pixels_max) {
    result.not_inspected = NotInspected::kTooLarge;
    return;
  }
  result.pixels = cv::Mat(result.height, result.width, CV_8UC3, cv::Scalar::all(255));
  if (!draw_image(gif, control.TransparentColor, result.pixels)) return;
  switch (next_image(gif, control)) {
    case Next::kImage:
      result.not_inspected = NotInspected::kUnsupportedFormat;
      break;
    case Next::kEnd:
    case Next::kBroken:  // the image itself is whole; viewers show it too
      result.not_inspected.reset();
      break;
  }
}

}  // namespace

DecodedImage decode_gif(Bytes image, const DecodeLimits& bounds) {
  DecodedImage result;
  result.format = ContentType::kGif;
  result.not_inspected = NotInspected::kDecodeError;
  ByteReader reader(image);
  const GifFile gif(DGifOpen(&reader, read_bytes, nullptr));
  if (gif) decode_opened(gif.get(), bounds, result);
  return result;
}

}  // namespace sallyport
