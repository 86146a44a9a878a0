// The kinds of layer that a detector is made of. Each is made once from trusted weights and then run on any picture.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "daemon/worker/network/feature_map.h"

namespace sallyport {

/// One thread. Throws std::invalid_argument where the maps given cannot go together: the network is broken.
class Layer {
 public:
  virtual ~Layer() = default;

  virtual void run(std::span<const FeatureMap* const> in, FeatureMap& out) = 0;
};

/// A convolution's weights as ONNX has them: outputs, inputs of a group, rows, columns; row-major.
struct ConvolutionWeights {
  int outputs = 0;
  int inputs = 0;  ///< of one group
  int rows = 0;
  int columns = 0;
  int step = 1;    ///< pixels, across and down
  int border = 0;  ///< zeros on each side, pixels
  std::vector<float> weights;
  std::vector<float> bias;  ///< one for each output
  bool relu = false;        ///< outputs below zero become zero
};

/// Each output from all inputs.
std::unique_ptr<Layer> make_convolution(const ConvolutionWeights& weights);
/// `pointwise` is 1 x 1, and what comes out of it goes through `depthwise`: 3 x 3 with a border of one, each output
/// from the input of the same number.
std::unique_ptr<Layer> make_separable(const ConvolutionWeights& pointwise, const ConvolutionWeights& depthwise);
/// The greatest of each two by two pixels.
std::unique_ptr<Layer> make_max_pool();
/// Each pixel becomes two by two.
std::unique_ptr<Layer> make_doubling();
/// Two maps of one size.
std::unique_ptr<Layer> make_sum();
std::unique_ptr<Layer> make_sigmoid();
std::unique_ptr<Layer> make_relu();

}  // namespace sallyport
