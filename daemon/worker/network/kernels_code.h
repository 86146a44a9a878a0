// The code of kernels.h, compiled once for each kind of processor. The including file defines SALLYPORT_KERNELS, a
// namespace of its own, and SALLYPORT_TILE_ROWS, as many pixels as their sums stay in registers. No inline function of
// another header may be used here: the linker keeps one copy of each for the whole program, and that must not be the
// one for a better processor.
#include <cstddef>

#include "daemon/worker/network/kernels.h"

namespace sallyport::SALLYPORT_KERNELS {

using Vector = float __attribute__((vector_size(kLanes * sizeof(float))));

inline Vector load(const float* from) {
  Vector vector;
  __builtin_memcpy(&vector, from, sizeof vector);
  return vector;
}

inline void store(float* to, Vector vector, bool relu) {
  if (relu) vector = vector > 0 ? vector : Vector{};
  __builtin_memcpy(to, &vector, sizeof vector);
}

/// `Rows` pixels by `Vectors` lanes of outputs, whose sums stay in registers all the while.
template <int Rows, int Vectors>
void multiply_tile(const MatrixTask& task, std::size_t row, const float* weights, const float* bias, float* out) {
  const std::size_t stride = task.in_stride, length = task.run_length;
  Vector sums[Rows][Vectors];
  for (int r = 0; r < Rows; ++r) {
    for (int v = 0; v < Vectors; ++v) sums[r][v] = load(bias + v * kLanes);
  }
  for (int run = 0; run < task.runs; ++run) {
    const float* const in = task.in[run] + row * stride;
    for (std::size_t k = 0; k < length; ++k, weights += kPanelColumns) {
      Vector columns[Vectors];
      for (int v = 0; v < Vectors; ++v) columns[v] = load(weights + v * kLanes);
      for (int r = 0; r < Rows; ++r) {
        const float value = in[static_cast<std::size_t>(r) * stride + k];
        for (int v = 0; v < Vectors; ++v) sums[r][v] += value * columns[v];
      }
    }
  }
  for (int r = 0; r < Rows; ++r) {
    for (int v = 0; v < Vectors; ++v)
      store(out + (row + static_cast<std::size_t>(r)) * task.out_stride + v * kLanes, sums[r][v], task.relu);
  }
}

/// All whole tiles of so many pixels from `row` on; where they end.
template <int Rows, int Vectors>
std::size_t multiply_tiles(const MatrixTask& task, std::size_t row, std::size_t first_column) {
  const float* const weights = task.weights + first_column * task.run_length * static_cast<std::size_t>(task.runs);
  for (; row + Rows <= task.rows; row += Rows)
    multiply_tile<Rows, Vectors>(task, row, weights, task.bias + first_column, task.out + first_column);
  return row;
}

template <int Vectors>
void multiply_panel(const MatrixTask& task, std::size_t first_column) {
  std::size_t row = multiply_tiles<SALLYPORT_TILE_ROWS, Vectors>(task, 0, first_column);
  row = multiply_tiles<2, Vectors>(task, row, first_column);
  multiply_tiles<1, Vectors>(task, row, first_column);
}

inline void multiply(const MatrixTask& task) {
  for (std::size_t column = 0; column < task.out_stride; column += kPanelColumns) {
    if (task.out_stride - column > kLanes) {
      multiply_panel<2>(task, column);
    } else {
      multiply_panel<1>(task, column);
    }
  }
}

/// One lane-wide strip of channels along the row. Each column of three pixels is read once and added to the three sums
/// that it belongs to; those and the weights stay in registers.
inline void depthwise_strip(const DepthwiseTask& task, int channel) {
  Vector weights[9];
  const float* in[3];
  for (int row = 0; row < 3; ++row) {
    const bool outside = task.in[row] == nullptr;
    in[row] = (outside ? task.in[1] : task.in[row]) + channel;
    for (int i = 3 * row; i < 3 * row + 3; ++i)
      weights[i] = outside ? Vector{} : load(task.weights + i * task.channels + channel);
  }
  const Vector bias = load(task.bias + channel);
  Vector left = bias, middle = bias;
  float* out = task.out + channel;
  const std::size_t stride = static_cast<std::size_t>(task.channels),
                    end = static_cast<std::size_t>(task.width) * stride;
  const bool relu = task.relu;
  for (std::size_t at = 0; at < end; at += stride) {
    const Vector above = load(in[0] + at), here = load(in[1] + at), below = load(in[2] + at);
    left += above * weights[2];
    left += here * weights[5];
    left += below * weights[8];
    if (at > 0) store(out + at - stride, left, relu);
    left = middle + above * weights[1];
    left += here * weights[4];
    left += below * weights[7];
    middle = bias + above * weights[0];
    middle += here * weights[3];
    middle += below * weights[6];
  }
  store(out + end - stride, left, relu);
}

inline void depthwise(const DepthwiseTask& task) {
  for (int channel = 0; channel < task.channels; channel += kLanes) depthwise_strip(task, channel);
}

}  // namespace sallyport::SALLYPORT_KERNELS
