#include "daemon/worker/network/onnx_graph.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <stdexcept>
#include <utility>

#include "proto/onnx/onnx.pb.h"

namespace sallyport {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{64} << 20;
constexpr int kNodesMax = 4096;
constexpr std::int64_t kSideMax = 1 << 16;  // of a tensor of weights; their product is held against the bytes there are
constexpr int kFloatType = 1;

/// Carries a sentence for a person from deep inside to read_onnx().
struct Refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void expect(bool holds, const std::string& complaint) {
  if (!holds) throw Refusal(complaint);
}

std::vector<float> floats_of(const onnx::Tensor& tensor) {
  expect(tensor.data_type() == kFloatType, "the weights '" + tensor.name() + "' are not 32-bit floats");
  std::size_t count = 1;
  for (const std::int64_t side : tensor.dims()) {
    expect(side > 0 && side <= kSideMax, "the weights '" + tensor.name() + "' have an impossible shape");
    count *= static_cast<std::size_t>(side);
    expect(count <= kFileBytesMax, "the weights '" + tensor.name() + "' are larger than any file");
  }
  std::vector<float> values(tensor.float_data().begin(), tensor.float_data().end());
  if (!tensor.raw_data().empty()) {
    expect(tensor.raw_data().size() == count * sizeof(float), "the weights '" + tensor.name() + "' are cut short");
    values.resize(count);
    std::memcpy(values.data(), tensor.raw_data().data(), tensor.raw_data().size());
  }
  expect(values.size() == count, "the weights '" + tensor.name() + "' are cut short");
  return values;
}

const onnx::Attribute* find_attribute(const onnx::Node& node, std::string_view name) {
  const auto& all = node.attribute();
  const auto found = std::find_if(all.begin(), all.end(), [name](const auto& one) { return one.name() == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string described(const onnx::Node& node) {
  return "the layer " + node.op_type() + " '" + node.name() + "'";
}

/// A list of numbers that are all the same: that number. Without the list: `otherwise`.
int uniform(const onnx::Node& node, std::string_view name, int otherwise) {
  const onnx::Attribute* const list = find_attribute(node, name);
  if (list == nullptr || list->ints().empty()) return otherwise;
  const std::int64_t first = list->ints(0);
  const bool same = std::all_of(list->ints().begin(), list->ints().end(), [first](auto one) { return one == first; });
  expect(same && first >= 0 && first <= 64, described(node) + " has " + std::string(name) + " of different sizes");
  return static_cast<int>(first);
}

class GraphReader {
 public:
  explicit GraphReader(const onnx::Graph& graph) {
    for (const onnx::Tensor& tensor : graph.initializer()) constants_[tensor.name()] = &tensor;
    for (const onnx::ValueInfo& input : graph.input()) {
      if (!constants_.contains(input.name())) values_.emplace(input.name(), 0);
    }
    expect(values_.size() == 1, "it has " + std::to_string(values_.size()) + " inputs, where one is asked for");
    for (const onnx::Node& node : graph.node()) add(node);
  }

  std::size_t value(const std::string& name) {
    if (const auto known = values_.find(name); known != values_.end()) {
      expect(known->second != kBeingMade, "its layers form a ring at '" + name + "'");
      return known->second;
    }
    const auto maker = makers_.find(name);
    expect(maker != makers_.end(), "nothing makes '" + name + "'");
    values_[name] = kBeingMade;
    const std::size_t made = make(*maker->second);
    values_[name] = made;
    return made;
  }

  void finish(Plan& plan) {
    plan.steps = std::move(steps_);
    plan.factor = factor_;
    plan.offset = offset_;
  }

 private:
  static constexpr std::size_t kBeingMade = ~std::size_t{0};

  void add(const onnx::Node& node) {
    expect(node.output_size() >= 1, described(node) + " has no output");
    if (node.op_type() == "Constant") {
      const onnx::Attribute* const constant = find_attribute(node, "value");
      if (constant != nullptr) constants_[node.output(0)] = &constant->t();
      return;
    }
    // Equal weights may be written once, under several names.
    const auto same =
        node.op_type() == "Identity" && node.input_size() == 1 ? constants_.find(node.input(0)) : constants_.end();
    if (same != constants_.end()) constants_[node.output(0)] = same->second;
    makers_[node.output(0)] = &node;
    for (const std::string& input : node.input()) ++uses_[input];
  }

  const onnx::Tensor& constant(const onnx::Node& node, int input) const {
    const auto found = node.input_size() > input ? constants_.find(node.input(input)) : constants_.end();
    expect(found != constants_.end(), described(node) + " has no constant as input " + std::to_string(input));
    return *found->second;
  }

  std::size_t make(const onnx::Node& node) {
    expect(node.input_size() >= 1, described(node) + " has no input");
    const std::string& op = node.op_type();
    if (op == "Identity" || op == "Reshape") return value(node.input(0));
    if (op == "Transpose") return to_nhwc(node);
    if (op == "Conv") return convolution(node, false);
    if (op == "Relu") return relu(node);
    if (op == "MaxPool") return max_pool(node);
    if (op == "Resize") return doubling(node);
    if (op == "Sigmoid") return step(make_sigmoid(), {value(node.input(0))});
    if (op == "Add") return sum(node);
    if (op == "Sub") return scaled(node, 1, -number(node));
    if (op == "Div") return scaled(node, 1 / number(node), 0);
    throw Refusal(
        described(node) +
        " is not known; Add, Conv, Div, Identity, MaxPool, Relu, Reshape, Resize, Sigmoid, Sub and Transpose are");
  }

  std::size_t step(std::unique_ptr<Layer> layer, std::vector<std::size_t> in) {
    const std::size_t out = steps_.size() + 1;
    steps_.push_back({std::move(layer), std::move(in), out});
    return out;
  }

  std::size_t to_nhwc(const onnx::Node& node) {
    constexpr std::array<std::int64_t, 4> kNhwc{0, 2, 3, 1};
    const onnx::Attribute* const order = find_attribute(node, "perm");
    expect(order != nullptr && std::equal(kNhwc.begin(), kNhwc.end(), order->ints().begin(), order->ints().end()),
           described(node) + " is not one from NCHW to NHWC");
    return value(node.input(0));
  }

  std::size_t relu(const onnx::Node& node) {
    const auto before = makers_.find(node.input(0));
    const bool joined = before != makers_.end() && before->second->op_type() == "Conv" && uses_[node.input(0)] == 1;
    return joined ? convolution(*before->second, true) : step(make_relu(), {value(node.input(0))});
  }

  std::size_t convolution(const onnx::Node& node, bool relu) {
    ConvolutionWeights weights = weights_of(node);
    weights.relu = relu;
    if (groups_of(node) == 1) return step(make_convolution(weights), {value(node.input(0))});
    const auto before = makers_.find(node.input(0));
    expect(before != makers_.end() && before->second->op_type() == "Conv" && uses_[node.input(0)] == 1,
           described(node) + " has groups, and does not follow a convolution of its own");
    const onnx::Node& first = *before->second;
    const ConvolutionWeights pointwise = weights_of(first);
    const auto has_shape = [](const ConvolutionWeights& of, int side, int border) {
      return of.rows == side && of.columns == side && of.border == border && of.step == 1;
    };
    expect(groups_of(node) == weights.outputs && weights.inputs == 1 && has_shape(weights, 3, 1),
           described(node) + " has groups, and is not 3 x 3 of one channel each with a border of 1");
    expect(groups_of(first) == 1 && has_shape(pointwise, 1, 0) && pointwise.outputs == weights.outputs,
           described(first) + " is followed by one with groups, and is not 1 x 1");
    return step(make_separable(pointwise, weights), {value(first.input(0))});
  }

  ConvolutionWeights weights_of(const onnx::Node& node) const {
    const onnx::Tensor& tensor = constant(node, 1);
    expect(tensor.dims_size() == 4, described(node) + " is not one of pictures");
    const auto side = [&tensor](int i) { return static_cast<int>(std::clamp(tensor.dims(i), -kSideMax, kSideMax)); };
    ConvolutionWeights weights{
        side(0),           side(1), side(2), side(3), uniform(node, "strides", 1), uniform(node, "pads", 0),
        floats_of(tensor), {},      false};
    weights.bias.resize(static_cast<std::size_t>(weights.outputs));
    if (node.input_size() > 2) weights.bias = floats_of(constant(node, 2));
    expect(weights.bias.size() == static_cast<std::size_t>(weights.outputs),
           described(node) + " has a bias of another size");
    expect(weights.step > 0 && uniform(node, "dilations", 1) == 1,
           described(node) + " leaves out pixels between its weights");
    return weights;
  }

  static std::int64_t groups_of(const onnx::Node& node) {
    const onnx::Attribute* const group = find_attribute(node, "group");
    return group == nullptr ? 1 : group->i();
  }

  std::size_t max_pool(const onnx::Node& node) {
    const bool halves =
        uniform(node, "kernel_shape", 0) == 2 && uniform(node, "strides", 1) == 2 && uniform(node, "pads", 0) == 0;
    expect(halves, described(node) + " is not one of two by two pixels");
    return step(make_max_pool(), {value(node.input(0))});
  }

  std::size_t doubling(const onnx::Node& node) {
    const std::vector<float> scales = floats_of(constant(node, 2));
    const onnx::Attribute* const mode = find_attribute(node, "mode");
    expect((mode == nullptr || mode->s() == "nearest") && scales == std::vector<float>{1, 1, 2, 2},
           described(node) + " does not repeat each pixel two by two times");
    return step(make_doubling(), {value(node.input(0))});
  }

  std::size_t sum(const onnx::Node& node) {
    expect(node.input_size() == 2, described(node) + " does not have two inputs");
    const std::size_t left = value(node.input(0)), right = value(node.input(1));
    return step(make_sum(), {left, right});
  }

  /// The picture with its values made another range of, which is done as it is read.
  std::size_t scaled(const onnx::Node& node, double factor, double offset) {
    const std::size_t in = value(node.input(0));
    expect(in == 0 && uses_[node.input(0)] == 1, described(node) + " is not about the picture alone");
    factor_ *= factor;
    offset_ = offset_ * factor + offset;
    return in;
  }

  /// The one number that is taken from, or divides, all values.
  double number(const onnx::Node& node) const {
    const std::vector<float> values = floats_of(constant(node, 1));
    expect(values.size() == 1, described(node) + " has a list as its second input, where one number is asked for");
    return values[0];
  }

  std::map<std::string, const onnx::Tensor*> constants_;
  std::map<std::string, const onnx::Node*> makers_;  // by the value that they make
  std::map<std::string, int> uses_;
  std::map<std::string, std::size_t> values_;
  std::vector<Step> steps_;
  double factor_ = 1;
  double offset_ = 0;
};

Plan plan_of(Bytes file, std::span<const std::string> outputs) {
  onnx::Model model;
  expect(file.size() <= kFileBytesMax, "it is larger than 64 MiB");
  expect(model.ParseFromArray(file.data(), static_cast<int>(file.size())), "it is not an ONNX file");
  expect(model.graph().node_size() <= kNodesMax, "it has more than " + std::to_string(kNodesMax) + " layers");
  GraphReader reader(model.graph());
  Plan plan;
  for (const std::string& output : outputs) plan.outputs.push_back(reader.value(output));
  reader.finish(plan);
  return plan;
}

}  // namespace

Result<Plan> read_onnx(Bytes file, std::span<const std::string> outputs) {
  try {
    return plan_of(file, outputs);
  } catch (const Refusal& refusal) {
    return fail(ErrorCode::kCorrupt, refusal.what());
  }
}

}  // namespace sallyport
