// What passes between the layers of a network: pixels with many channels.
#pragma once

#include <cstddef>
#include <vector>

#include "daemon/worker/network/kernels.h"

namespace sallyport {

/// Rows top to bottom, in each the pixels left to right, in each the channels (NHWC with N = 1). One thread.
struct FeatureMap {
  int height = 0;
  int width = 0;
  int channels = 0;
  int stride = 0;             ///< floats from one pixel to the next; those after the channels mean nothing
  std::vector<float> values;  ///< those after the last pixel mean nothing

  /// Room for a map of this size, with the stride rounded up to whole lanes; old content is lost, memory is kept.
  void resize(int new_height, int new_width, int new_channels) {
    height = new_height;
    width = new_width;
    channels = new_channels;
    stride = (new_channels + kLanes - 1) / kLanes * kLanes;
    // Never less than before: what grows again would be filled with zeros first.
    if (values.size() < floats()) values.resize(floats());
  }
  std::size_t pixels() const { return static_cast<std::size_t>(height) * static_cast<std::size_t>(width); }
  std::size_t floats() const { return pixels() * static_cast<std::size_t>(stride); }
  const float* row(int y) const {
    return values.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width * stride);
  }
  float* row(int y) { return values.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width * stride); }
};

}  // namespace sallyport
