#include "daemon/worker/pdq.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "daemon/worker/shrink.h"

namespace sallyport {
namespace {

constexpr int kSamples = 64;  // side of the luminance grid
constexpr int kWaves = 16;    // frequencies each way
constexpr int kPasses = 2;    // of the box filter

struct Grid {
  float at[kSamples][kSamples] = {};
};
struct Spectrum {
  float at[kWaves][kWaves] = {};
};
/// Row k is the wave of frequency k + 1: the constant one is left out.
struct Waves {
  float at[kWaves][kSamples] = {};
};

cv::Mat luminance(const cv::Mat& picture) {
  cv::Mat grey;
  cv::cvtColor(shrink_to(picture, kPdqSide), grey, cv::COLOR_BGR2GRAY);
  cv::Mat luma;
  grey.convertTo(luma, CV_32F);
  return luma;
}

/// Mean over `window` neighbours, fewer at the ends. `step` is the distance of neighbours in floats; two ends move
/// through the line.
void box_filter_line(const float* from, float* to, int size, std::ptrdiff_t step, int window) {
  const int ahead = (window + 2) / 2;  // neighbours up to, and not including, this far ahead of the sample
  double sum = 0;
  int begin = 0;
  int end = 0;
  for (int i = 0; i < size; ++i) {
    for (; end < std::min(i + ahead, size); ++end) sum += from[end * step];
    for (; begin < i + ahead - window; ++begin) sum -= from[begin * step];
    to[i * step] = static_cast<float>(sum / (end - begin));
  }
}

int window_of(int size) {
  return (size + 2 * kSamples - 1) / (2 * kSamples);
}

void jarosz_filter(cv::Mat& luma) {
  cv::Mat other(luma.size(), CV_32F);
  const auto row_step = static_cast<std::ptrdiff_t>(luma.step1());
  for (int pass = 0; pass < kPasses; ++pass) {
    for (int y = 0; y < luma.rows; ++y) {
      box_filter_line(luma.ptr<float>(y), other.ptr<float>(y), luma.cols, 1, window_of(luma.cols));
    }
    for (int x = 0; x < luma.cols; ++x) {
      box_filter_line(other.ptr<float>() + x, luma.ptr<float>() + x, luma.rows, row_step, window_of(luma.rows));
    }
  }
}

/// Which pixel of a line each sample is, or was when the line was the other way round. A filter over an even number of
/// pixels reaches one further ahead than back, so that two passes of it lie a pixel off, the other way in a mirrored
/// line.
std::array<int, kSamples> sampled_pixels(int size, bool mirrored) {
  std::array<int, kSamples> pixels{};
  const int off = window_of(size) % 2 == 0 ? kPasses : 0;
  for (int i = 0; i < kSamples; ++i) {
    const int pixel = (2 * i + 1) * size / (2 * kSamples);
    pixels[static_cast<std::size_t>(i)] = mirrored ? std::max(0, size - 1 - pixel - off) : pixel;
  }
  return pixels;
}

Grid sample(const cv::Mat& luma, bool rows_mirrored, bool columns_mirrored) {
  const auto rows = sampled_pixels(luma.rows, rows_mirrored), columns = sampled_pixels(luma.cols, columns_mirrored);
  Grid grid;
  for (std::size_t i = 0; i < kSamples; ++i) {
    const auto* row = luma.ptr<float>(rows[i]);
    for (std::size_t j = 0; j < kSamples; ++j) grid.at[i][j] = row[columns[j]];
  }
  return grid;
}

int gradient(float a, float b) {
  return std::abs(static_cast<int>((a - b) * 100 / 255));
}

int quality_of(const Grid& grid) {
  int sum = 0;
  for (int i = 0; i < kSamples; ++i) {
    for (int j = 0; j < kSamples; ++j) {
      if (i + 1 < kSamples) sum += gradient(grid.at[i][j], grid.at[i + 1][j]);
      if (j + 1 < kSamples) sum += gradient(grid.at[i][j], grid.at[i][j + 1]);
    }
  }
  constexpr int kSumPerPoint = 90;
  return std::min(100, sum / kSumPerPoint);
}

Waves make_waves() {
  Waves waves;
  for (int k = 0; k < kWaves; ++k) {
    for (int x = 0; x < kSamples; ++x) {
      const double angle = std::numbers::pi / 2 / kSamples * (k + 1) * (2 * x + 1);
      waves.at[k][x] = static_cast<float>(std::sqrt(2.0 / kSamples) * std::cos(angle));
    }
  }
  return waves;
}

Spectrum transform(const Grid& grid) {
  static const Waves kWave = make_waves();
  Waves half;
  for (int k = 0; k < kWaves; ++k) {
    for (int y = 0; y < kSamples; ++y) {
      for (int x = 0; x < kSamples; ++x) half.at[k][x] += kWave.at[k][y] * grid.at[y][x];
    }
  }
  Spectrum spectrum;
  for (int i = 0; i < kWaves; ++i) {
    for (int j = 0; j < kWaves; ++j) {
      for (int x = 0; x < kSamples; ++x) spectrum.at[i][j] += half.at[i][x] * kWave.at[j][x];
    }
  }
  return spectrum;
}

float median_of(const Spectrum& spectrum) {
  std::vector<float> values;
  for (const auto& row : spectrum.at) values.insert(values.end(), std::begin(row), std::end(row));
  const auto lower_middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2 - 1);
  std::nth_element(values.begin(), lower_middle, values.end());
  return *lower_middle;
}

PdqHash bits_of(const Spectrum& spectrum) {
  const float median = median_of(spectrum);
  PdqHash hash{};
  for (unsigned k = 0; k < kWaves * kWaves; ++k) {
    if (spectrum.at[k / kWaves][k % kWaves] <= median) continue;
    hash[hash.size() - 1 - k / 8] |= static_cast<std::uint8_t>(1U << (k % 8));
  }
  return hash;
}

Spectrum transposed(const Spectrum& spectrum) {
  Spectrum other;
  for (int i = 0; i < kWaves; ++i) {
    for (int j = 0; j < kWaves; ++j) other.at[i][j] = spectrum.at[j][i];
  }
  return other;
}

}  // namespace

PdqResult pdq(const cv::Mat& picture) {
  cv::Mat luma = luminance(picture);
  jarosz_filter(luma);
  // Sampled anew in each mirrored form: to turn signs of the one spectrum is some 20 bits off for a half turn.
  std::array<PdqHash, kPictureForms> forms{};
  for (std::size_t form = 0; form < kPictureForms / 2; ++form) {
    const Spectrum spectrum = transform(sample(luma, (form & 2) != 0, (form & 1) != 0));
    // Rows that were mirrored are mirrored columns once it is transposed.
    const std::size_t exchanged = (form & 1) << 1 | form >> 1;
    forms[form] = bits_of(spectrum);
    forms[kPictureForms / 2 + exchanged] = bits_of(transposed(spectrum));
  }
  PdqResult result;
  result.hash = forms[0];
  std::copy(forms.begin() + 1, forms.end(), result.forms.begin());
  result.quality = quality_of(sample(luma, false, false));
  return result;
}

}  // namespace sallyport
