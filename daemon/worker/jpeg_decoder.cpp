#include "daemon/worker/jpeg_decoder.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
// libjpeg's headers need <cstdio> before them.
#include <jerror.h>
#include <jpeglib.h>
#include <opencv2/core.hpp>

#include "daemon/base/limits.h"

namespace sallyport {
namespace {

/// Where libjpeg reports to. Errors jump out; warnings are kept in mind. Plain members only: longjmp runs no
/// destructors.
struct ErrorState {
  jpeg_error_mgr base;
  std::jmp_buf escape;
  bool damaged;
};

ErrorState& state_of(j_common_ptr codec) {
  return *reinterpret_cast<ErrorState*>(codec->err);
}

[[noreturn]] void on_error(j_common_ptr codec) {
  std::longjmp(state_of(codec).escape, 1);
}

void on_message(j_common_ptr codec, int level) {
  // Stray bytes before a marker change nothing in the picture, and many cameras write them.
  if (level < 0 && codec->err->msg_code != JWRN_EXTRANEOUS_DATA) state_of(codec).damaged = true;
}

void on_output(j_common_ptr) {}

void on_progress(j_common_ptr codec) {
  if (reinterpret_cast<j_decompress_ptr>(codec)->input_scan_number > limits::kJpegScansMax) on_error(codec);
}

struct Codec {
  ~Codec() { jpeg_destroy_decompress(&info); }

  jpeg_decompress_struct info;
  ErrorState errors;
  jpeg_progress_mgr progress;
};

void open_codec(Codec& codec) {
  codec.info.err = jpeg_std_error(&codec.errors.base);
  codec.errors.base.error_exit = on_error;
  codec.errors.base.emit_message = on_message;
  codec.errors.base.output_message = on_output;
  codec.progress.progress_monitor = on_progress;
}

unsigned reduction_for(JDIMENSION width, JDIMENSION height, int longer_side) {
  const auto wanted = static_cast<JDIMENSION>(std::max(longer_side, 1));
  const JDIMENSION longer = std::max(width, height);
  for (const unsigned reduction : {8U, 4U, 2U}) {
    if (longer / reduction >= wanted) return reduction;
  }
  return 1;
}

void read_header(Codec& codec, Bytes image) {
  jpeg_create_decompress(&codec.info);
  codec.info.progress = &codec.progress;
  jpeg_mem_src(&codec.info, as_u8(image), image.size());
  jpeg_read_header(&codec.info, TRUE);
}

void choose_output(jpeg_decompress_struct& info, int longer_side) {
  const bool ink = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  info.out_color_space = ink ? JCS_CMYK : JCS_EXT_BGR;
  info.scale_num = 1;
  info.scale_denom = reduction_for(info.image_width, info.image_height, longer_side);
  info.do_fancy_upsampling = FALSE;  // merged upsampling: a fifth faster, and no detector can tell
  jpeg_calc_output_dimensions(&info);
}

void read_rows(jpeg_decompress_struct& info, cv::Mat& pixels) {
  jpeg_start_decompress(&info);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = pixels.ptr(static_cast<int>(info.output_scanline));
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
}

/// False when libjpeg gave up. A function of its own around setjmp: no object with a destructor lives in it.
bool guarded(Codec& codec, void (*step)(Codec&, void*), void* argument) {
  if (setjmp(codec.errors.escape) != 0) return false;
  step(codec, argument);
  return true;
}

void read_header_step(Codec& codec, void* image) {
  read_header(codec, *static_cast<const Bytes*>(image));
}
void read_rows_step(Codec& codec, void* pixels) {
  read_rows(codec.info, *static_cast<cv::Mat*>(pixels));
}
void choose_output_step(Codec& codec, void* side) {
  choose_output(codec.info, *static_cast<const int*>(side));
}

/// Adobe stores CMYK inverted and says so by its marker; then a channel of light is ink times black.
cv::Mat bgr_from_cmyk(const cv::Mat& cmyk, bool inverted) {
  cv::Mat bgr(cmyk.size(), CV_8UC3);
  const auto light = [inverted](unsigned stored) { return inverted ? stored : 255 - stored; };
  for (int y = 0; y < cmyk.rows; ++y) {
    const auto* from = cmyk.ptr<cv::Vec4b>(y);
    auto* to = bgr.ptr<cv::Vec3b>(y);
    for (int x = 0; x < cmyk.cols; ++x) {
      for (int channel = 0; channel < 3; ++channel) {
        to[x][channel] = static_cast<std::uint8_t>(light(from[x][2 - channel]) * light(from[x][3]) / 255);
      }
    }
  }
  return bgr;
}

/// EXIF 2.32 4.6.4 A: which rows and columns of the stored image are the top and the left of the shown one.
cv::Mat upright(cv::Mat stored, int orientation) {
  cv::Mat shown = std::move(stored);
  if (orientation >= 5) cv::transpose(shown, shown);
  switch (orientation) {
    case 2:
    case 6:
      cv::flip(shown, shown, 1);
      break;
    case 3:
    case 7:
      cv::flip(shown, shown, -1);
      break;
    case 4:
    case 8:
      cv::flip(shown, shown, 0);
      break;
    default:
      break;
  }
  return shown;
}

void decode_opened(Codec& codec, int orientation, const DecodeLimits& bounds, DecodedImage& result) {
  result.width = static_cast<int>(codec.info.image_width);
  result.height = static_cast<int>(codec.info.image_height);
  if (orientation >= 5) std::swap(result.width, result.height);
  if (std::uint64_t{codec.info.image_width} * codec.info.image_height > bounds.pixels_max) {
    result.not_inspected = NotInspected::kTooLarge;
    return;
  }
  int longer_side = bounds.longer_side;
  if (!guarded(codec, choose_output_step, &longer_side)) return;
  const int type = codec.info.out_color_space == JCS_CMYK ? CV_8UC4 : CV_8UC3;
  cv::Mat pixels =
      cv::Mat::zeros(static_cast<int>(codec.info.output_height), static_cast<int>(codec.info.output_width), type);
  const bool finished = guarded(codec, read_rows_step, &pixels);
  if (codec.info.output_scanline == 0) return;
  if (type == CV_8UC4) pixels = bgr_from_cmyk(pixels, codec.info.saw_Adobe_marker);
  result.pixels = upright(std::move(pixels), orientation);
  if (finished && !codec.errors.damaged) result.not_inspected.reset();
}

}  // namespace

DecodedImage decode_jpeg(Bytes image, int orientation, const DecodeLimits& bounds) {
  DecodedImage result;
  result.format = ContentType::kJpeg;
  result.not_inspected = NotInspected::kDecodeError;
  Codec codec{};
  open_codec(codec);
  if (guarded(codec, read_header_step, &image)) decode_opened(codec, orientation, bounds, result);
  return result;
}

}  // namespace sallyport
