// An ONNX file to the layers that make its outputs.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/base/result.h"
#include "daemon/worker/network/layer.h"

namespace sallyport {

/// One layer and the values it joins. Value 0 is the picture; each other one is made by one step.
struct Step {
  std::unique_ptr<Layer> layer;
  std::vector<std::size_t> in;
  std::size_t out = 0;
};

struct Plan {
  double factor = 1;                 ///< what is done to each value of the picture first: times this,
  double offset = 0;                 ///< plus this
  std::vector<Step> steps;           ///< each after those that it needs
  std::vector<std::size_t> outputs;  ///< values, in the order asked for
};

/// The file is trusted, but a broken one is an Error, as is one with a layer that there is none of here: the message
/// says which. What the outputs do not need is left out. Reordering (Transpose to NHWC, Reshape) costs nothing: maps
/// lie so anyway.
Result<Plan> read_onnx(Bytes file, std::span<const std::string> outputs);

}  // namespace sallyport
