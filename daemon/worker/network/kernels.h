// The two inner loops that a detector's time goes into, for the processor at hand. Goto and van de Geijn's "Anatomy of
// High-Performance Matrix Multiplication" (2008) is where the tiling comes from.
#pragma once

#include <cstddef>

namespace sallyport {

/// Floats that one instruction handles.
inline constexpr int kLanes = 8;
/// Columns of a weight matrix that are multiplied together: two vectors of kLanes.
inline constexpr int kPanelColumns = 16;

/// Runs of floats, one of each row of a window, that one pixel of a convolution sees.
inline constexpr int kRunsMax = 8;

/// out = in * weights + bias, where row r of `in` is `run_length` floats from `in[0] + r * in_stride` on, then as many
/// from `in[1] + r * in_stride` on, and so forth: what a pixel sees, where it lies. `weights` is packed: for each panel
/// of kPanelColumns columns as many rows of them as `in` has columns, padded with zeros, as is `bias`.
struct MatrixTask {
  const float* in[kRunsMax] = {};
  int runs = 1;
  std::size_t run_length = 0;
  std::size_t in_stride = 0;  ///< floats between rows
  std::size_t rows = 0;
  const float* weights = nullptr;
  const float* bias = nullptr;
  float* out = nullptr;
  std::size_t out_stride = 0;  ///< floats between rows; a multiple of kLanes: so many columns are written
  bool relu = false;
};

/// One row of a 3 x 3 convolution of each channel by itself, with a border of zeros.
struct DepthwiseTask {
  const float* in[3] = {};         ///< the rows above, at and below; null: outside the picture
  int width = 0;                   ///< pixels, of `in` and `out`
  int channels = 0;                ///< a multiple of kLanes; also the stride of `in` and `out`
  const float* weights = nullptr;  ///< nine times `channels` floats, row by row
  const float* bias = nullptr;
  float* out = nullptr;
  bool relu = false;
};

struct Kernels {
  void (*multiply)(const MatrixTask& task);
  void (*depthwise)(const DepthwiseTask& task);
};

/// Those that this processor runs fastest. Any thread.
const Kernels& kernels();

extern const Kernels kBaselineKernels;  ///< for every processor
extern const Kernels kAvx2Kernels;      ///< x86 with AVX2 and FMA; elsewhere the same as the baseline

}  // namespace sallyport
