#include "daemon/worker/network/layer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace sallyport {
namespace {

std::size_t as_size(int value) {
  return static_cast<std::size_t>(value);
}

void expect(bool holds, const char* complaint) {
  if (!holds) throw std::invalid_argument(complaint);
}

int padded(int channels, int unit) {
  return (channels + unit - 1) / unit * unit;
}

/// A dense convolution as a matrix product: a row of the left matrix is what one output pixel sees.
class Convolution : public Layer {
 public:
  explicit Convolution(const ConvolutionWeights& from)
      : shape_(from), depth_(from.inputs * from.rows * from.columns), bias_(from.bias), bordered_(as_size(from.rows)) {
    expect(from.rows <= kRunsMax, "a convolution has more rows than kRunsMax");
    bias_.resize(as_size(padded(from.outputs, kPanelColumns)));
    pack(from.weights);
    shape_.weights.clear();
  }

  int outputs() const { return shape_.outputs; }

  void run(std::span<const FeatureMap* const> in, FeatureMap& out) override {
    const FeatureMap& map = *in[0];
    const auto length = [this](int side, int window) { return (side + 2 * shape_.border - window) / shape_.step + 1; };
    expect(map.height + 2 * shape_.border >= shape_.rows && map.width + 2 * shape_.border >= shape_.columns,
           "a convolution is larger than the picture");
    out.resize(length(map.height, shape_.rows), length(map.width, shape_.columns), shape_.outputs);
    if (shape_.rows == 1 && shape_.columns == 1 && shape_.step == 1 && shape_.border == 0)
      return run_pixels(map, map.values.data(), map.pixels(), out.values.data());
    for (int y = 0; y < out.height; ++y) run_row(map, y, out);
  }

  /// Of a 1 x 1 convolution: so many pixels of `map`, from `in` on.
  void run_pixels(const FeatureMap& map, const float* in, std::size_t pixels, float* to) const {
    check_channels(map);
    MatrixTask task = task_to(to, pixels);
    task.in[0] = in;
    task.in_stride = as_size(map.stride);
    kernels().multiply(task);
  }

 private:
  /// ONNX's order to that of the matrix: what a pixel sees lies there row by row, its channels side by side.
  void pack(const std::vector<float>& weights) {
    weights_.assign(as_size(padded(shape_.outputs, kPanelColumns)) * as_size(depth_), 0);
    const int window = shape_.rows * shape_.columns;
    for (int output = 0; output < shape_.outputs; ++output) {
      float* const panel = weights_.data() + as_size(output / kPanelColumns * kPanelColumns) * as_size(depth_);
      for (int k = 0; k < depth_; ++k) {
        const int channel = k % shape_.inputs, place = k / shape_.inputs;
        panel[k * kPanelColumns + output % kPanelColumns] =
            weights[as_size(output * depth_ + channel * window + place)];
      }
    }
  }

  void check_channels(const FeatureMap& map) const {
    expect(map.channels == shape_.inputs, "a convolution is given another number of channels than it has weights for");
  }

  MatrixTask task_to(float* to, std::size_t pixels) const {
    MatrixTask task;
    task.runs = shape_.rows;
    task.run_length = as_size(depth_ / shape_.rows);
    task.rows = pixels;
    task.weights = weights_.data();
    task.bias = bias_.data();
    task.out = to;
    task.out_stride = as_size(padded(shape_.outputs, kLanes));
    task.relu = shape_.relu;
    return task;
  }

  void run_row(const FeatureMap& map, int y, FeatureMap& out) {
    check_channels(map);
    MatrixTask task = task_to(out.row(y), as_size(out.width));
    task.in_stride = as_size(shape_.step * map.channels);
    const int first = y * shape_.step - shape_.border;
    // A row stays where it was put first, so only those are made that the row before did not need.
    const int known = y == 0 ? first : first + std::max(shape_.rows - shape_.step, 0);
    for (int i = 0; i < shape_.rows; ++i) {
      std::vector<float>& row = bordered_[as_size((first + i + shape_.border) % shape_.rows)];
      if (first + i >= known) make_bordered(map, first + i, row);
      task.in[i] = row.data();
    }
    kernels().multiply(task);
  }

  /// A row of the map without the room after its channels, and zeros on both sides.
  void make_bordered(const FeatureMap& map, int y, std::vector<float>& row) const {
    const std::size_t channels = as_size(map.channels), border = as_size(shape_.border) * channels;
    row.assign(2 * border + as_size(map.width) * channels, 0);
    if (y < 0 || y >= map.height) return;
    if (map.stride == map.channels) {
      std::copy_n(map.row(y), as_size(map.width) * channels, row.begin() + static_cast<std::ptrdiff_t>(border));
      return;
    }
    for (int x = 0; x < map.width; ++x)
      std::copy_n(map.row(y) + x * map.stride, channels, row.data() + border + as_size(x) * channels);
  }

  ConvolutionWeights shape_;
  int depth_;
  std::vector<float> weights_;  // as MatrixTask has them
  std::vector<float> bias_;
  std::vector<std::vector<float>> bordered_;  // the rows that a row of outputs sees, by their number modulo how many
};

/// A 1 x 1 convolution and, of three rows of it at a time, a depthwise one: what lies between them stays in the cache.
class Separable : public Layer {
 public:
  Separable(const ConvolutionWeights& pointwise, const ConvolutionWeights& depthwise)
      : pointwise_(pointwise), bias_(depthwise.bias), relu_(depthwise.relu) {
    const auto channels = as_size(depthwise.outputs), stride = as_size(padded(depthwise.outputs, kLanes));
    bias_.resize(stride);
    weights_.resize(9 * stride);
    for (std::size_t channel = 0; channel < channels; ++channel) {
      for (std::size_t i = 0; i < 9; ++i) weights_[i * stride + channel] = depthwise.weights[channel * 9 + i];
    }
  }

  void run(std::span<const FeatureMap* const> in, FeatureMap& out) override {
    const FeatureMap& map = *in[0];
    out.resize(map.height, map.width, pointwise_.outputs());
    for (FeatureMap& row : rows_) row.resize(1, map.width, pointwise_.outputs());
    run_pointwise(map, 0);
    for (int y = 0; y < map.height; ++y) {
      const bool is_last = y + 1 == map.height;
      if (!is_last) run_pointwise(map, y + 1);
      const auto row = [this](int at) { return rows_[as_size(at % 3)].row(0); };
      kernels().depthwise({{y > 0 ? row(y - 1) : nullptr, row(y), is_last ? nullptr : row(y + 1)},
                           map.width,
                           out.stride,
                           weights_.data(),
                           bias_.data(),
                           out.row(y),
                           relu_});
    }
  }

 private:
  void run_pointwise(const FeatureMap& map, int y) {
    pointwise_.run_pixels(map, map.row(y), as_size(map.width), rows_[as_size(y % 3)].row(0));
  }

  Convolution pointwise_;
  std::vector<float> weights_;  // nine rows of a weight for each channel
  std::vector<float> bias_;
  bool relu_;
  std::array<FeatureMap, 3> rows_;  // the last three of the first convolution, by number modulo three
};

class MaxPool : public Layer {
 public:
  void run(std::span<const FeatureMap* const> in, FeatureMap& out) override {
    const FeatureMap& map = *in[0];
    out.resize(map.height / 2, map.width / 2, map.channels);
    const int stride = map.stride;
    for (int y = 0; y < out.height; ++y) {
      const float* above = map.row(2 * y);
      const float* below = map.row(2 * y + 1);
      float* to = out.row(y);
      for (int x = 0; x < out.width; ++x, above += 2 * stride, below += 2 * stride, to += stride) {
        for (int c = 0; c < stride; ++c)
          to[c] = std::max(std::max(above[c], above[stride + c]), std::max(below[c], below[stride + c]));
      }
    }
  }
};

class Doubling : public Layer {
 public:
  void run(std::span<const FeatureMap* const> in, FeatureMap& out) override {
    const FeatureMap& map = *in[0];
    out.resize(2 * map.height, 2 * map.width, map.channels);
    for (int y = 0; y < out.height; ++y) {
      float* to = out.row(y);
      for (int x = 0; x < out.width; ++x, to += map.stride)
        std::copy_n(map.row(y / 2) + x / 2 * map.stride, map.stride, to);
    }
  }
};

class Sum : public Layer {
 public:
  void run(std::span<const FeatureMap* const> in, FeatureMap& out) override {
    const FeatureMap &left = *in[0], &right = *in[1];
    expect(left.height == right.height && left.width == right.width && left.channels == right.channels,
           "maps of different sizes are added");
    out.resize(left.height, left.width, left.channels);
    for (std::size_t i = 0; i < out.floats(); ++i) out.values[i] = left.values[i] + right.values[i];
  }
};

/// One function of one value.
template <class Function>
class Pointwise : public Layer {
 public:
  explicit Pointwise(Function function) : function_(function) {}

  void run(std::span<const FeatureMap* const> in, FeatureMap& out) override {
    const FeatureMap& map = *in[0];
    out.resize(map.height, map.width, map.channels);
    expect(out.stride == map.stride, "a function of single values is given the picture itself");
    std::transform(map.values.data(), map.values.data() + map.floats(), out.values.data(), function_);
  }

 private:
  Function function_;
};

template <class Function>
std::unique_ptr<Layer> make_pointwise(Function function) {
  return std::make_unique<Pointwise<Function>>(function);
}

}  // namespace

std::unique_ptr<Layer> make_convolution(const ConvolutionWeights& weights) {
  return std::make_unique<Convolution>(weights);
}

std::unique_ptr<Layer> make_separable(const ConvolutionWeights& pointwise, const ConvolutionWeights& depthwise) {
  return std::make_unique<Separable>(pointwise, depthwise);
}

std::unique_ptr<Layer> make_max_pool() {
  return std::make_unique<MaxPool>();
}

std::unique_ptr<Layer> make_doubling() {
  return std::make_unique<Doubling>();
}

std::unique_ptr<Layer> make_sum() {
  return std::make_unique<Sum>();
}

std::unique_ptr<Layer> make_sigmoid() {
  return make_pointwise([](float value) { return 1 / (1 + std::exp(-value)); });
}

std::unique_ptr<Layer> make_relu() {
  return make_pointwise([](float value) { return std::max(value, 0.0F); });
}

}  // namespace sallyport
