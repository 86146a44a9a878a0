#include "daemon/worker/network/network.h"

#include <algorithm>
#include <utility>

namespace sallyport {
namespace {

void fill(FeatureMap& map, const cv::Mat& picture, const Plan& plan) {
  map.height = picture.rows;
  map.width = picture.cols;
  map.channels = map.stride = 3;
  if (map.values.size() < map.floats()) map.values.resize(map.floats());
  cv::Mat values(picture.size(), CV_32FC3, map.values.data());
  picture.convertTo(values, CV_32F, plan.factor, plan.offset);
}

}  // namespace

Result<Network> Network::load(Bytes onnx, std::span<const std::string> outputs) {
  Result<Plan> plan = read_onnx(onnx, outputs);
  if (!plan) return tl::unexpected(plan.error());
  return Network(std::move(*plan));
}

Network::Network(Plan plan) : plan_(std::move(plan)) {
  share_maps();
}

/// Values that are not needed at the same time get the same map: what is in the processor's caches is written again.
void Network::share_maps() {
  const std::size_t values = plan_.steps.size() + 1;
  std::vector<std::size_t> last_use(values, 0), place(values, 0), free;
  for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
    for (const std::size_t value : plan_.steps[i].in) last_use[value] = i;
  }
  for (const std::size_t value : plan_.outputs) last_use[value] = values;
  std::size_t count = 1;  // the picture's
  for (std::size_t i = 0; i < plan_.steps.size(); ++i) {
    Step& step = plan_.steps[i];
    const std::size_t out = step.out;
    if (free.empty()) free.push_back(count++);
    place[out] = free.back();
    free.pop_back();
    std::vector<std::size_t> done = step.in;
    std::sort(done.begin(), done.end());
    done.erase(std::unique(done.begin(), done.end()), done.end());
    for (const std::size_t value : done) {
      if (last_use[value] == i) free.push_back(place[value]);
    }
    for (std::size_t& value : step.in) value = place[value];
    step.out = place[out];
  }
  for (std::size_t& value : plan_.outputs) value = place[value];
  maps_.resize(count);
}

void Network::run(const cv::Mat& picture) {
  fill(maps_[0], picture, plan_);
  std::vector<const FeatureMap*> in;
  for (Step& step : plan_.steps) {
    in.clear();
    for (const std::size_t value : step.in) in.push_back(&maps_[value]);
    step.layer->run(in, maps_[step.out]);
  }
}

}  // namespace sallyport
