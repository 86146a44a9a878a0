// A small convolutional network, run on one core: YuNet and ours. Why it is ours: ADR 0008.
#pragma once

#include <cstddef>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/base/result.h"
#include "daemon/worker/network/feature_map.h"
#include "daemon/worker/network/onnx_graph.h"

namespace sallyport {

/// One thread; keeps its maps between runs.
class Network {
 public:
  /// See read_onnx().
  static Result<Network> load(Bytes onnx, std::span<const std::string> outputs);

  /// `picture` is 8-bit BGR. Throws std::invalid_argument where the layers do not fit together for a picture of this
  /// size.
  void run(const cv::Mat& picture);
  /// Of the last run, by its place among the outputs asked for. Lives until the next run.
  const FeatureMap& output(std::size_t i) const { return maps_[plan_.outputs[i]]; }

 private:
  explicit Network(Plan plan);
  void share_maps();

  Plan plan_;
  std::vector<FeatureMap> maps_;  // after share_maps() the numbers in the plan are places here
};

}  // namespace sallyport
