#include "daemon/worker/pdq.h"

#include <algorithm>
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
  constexpr int kPasses = 2;
  for (int pass = 0; pass < kPasses; ++pass) {
    for (int y = 0; y < luma.rows; ++y) {
      box_filter_line(luma.ptr<float>(y), other.ptr<float>(y), luma.cols, 1, window_of(luma.cols));
    }
    for (int x = 0; x < luma.cols; ++x) {
      box_filter_line(other.ptr<float>() + x, luma.ptr<float>() + x, luma.rows, row_step, window_of(luma.rows));
    }
  }
}

Grid sample(const cv::Mat& luma) {
  Grid grid;
  for (int i = 0; i < kSamples; ++i) {
    const auto* row = luma.ptr<float>((2 * i + 1) * luma.rows / (2 * kSamples));
    for (int j = 0; j < kSamples; ++j) grid.at[i][j] = row[(2 * j + 1) * luma.cols / (2 * kSamples)];
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

/// The spectrum of the picture of which form number `form` made this one. Mirroring a picture turns the sign of the odd
/// frequencies across it, and exchanging rows and columns does the same to the spectrum.
Spectrum undo(const Spectrum& spectrum, std::size_t form) {
  // transposed first, then: rows turned, columns turned
  static constexpr bool kSteps[kPictureForms][3] = {{false, false, false}, {false, false, true}, {false, true, false},
                                                    {false, true, true},   {true, false, false}, {true, false, true},
                                                    {true, true, false},   {true, true, true}};
  const auto& [transposed, rows, columns] = kSteps[form];
  Spectrum other;
  for (int i = 0; i < kWaves; ++i) {
    for (int j = 0; j < kWaves; ++j) {
      const float value = transposed ? spectrum.at[j][i] : spectrum.at[i][j];
      const bool turned = (rows && i % 2 == 0) != (columns && j % 2 == 0);  // index 0 is frequency 1
      other.at[i][j] = turned ? -value : value;
    }
  }
  return other;
}

}  // namespace

PdqResult pdq(const cv::Mat& picture) {
  cv::Mat luma = luminance(picture);
  jarosz_filter(luma);
  const Grid grid = sample(luma);
  const Spectrum spectrum = transform(grid);
  PdqResult result;
  result.hash = bits_of(spectrum);
  for (std::size_t form = 1; form < kPictureForms; ++form) result.forms[form - 1] = bits_of(undo(spectrum, form));
  result.quality = quality_of(grid);
  return result;
}

}  // namespace sallyport
