// Against plain loops, for both kinds of processor.
#include "daemon/worker/network/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

#include "proto/onnx/onnx.pb.h"

namespace sallyport {
namespace {

using testing::HasSubstr;

std::vector<float> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> any(-1, 1);
  std::vector<float> values(count);
  for (float& value : values) value = any(random);
  return values;
}

/// A network as ONNX would have it, layer by layer.
class ModelBuilder {
 public:
  ModelBuilder() { graph().add_input()->set_name("input"); }

  onnx::Graph& graph() { return *model_.mutable_graph(); }
  onnx::Node& add(const std::string& op, std::vector<std::string> in, const std::string& out) {
    onnx::Node& node = *graph().add_node();
    node.set_op_type(op);
    node.set_name(out + "_layer");
    for (std::string& name : in) node.add_input(std::move(name));
    node.add_output(out);
    return node;
  }
  void constant(const std::string& name, std::vector<std::int64_t> dims, const std::vector<float>& values) {
    onnx::Tensor& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(1);
    for (const std::int64_t side : dims) tensor.add_dims(side);
    tensor.set_raw_data(values.data(), values.size() * sizeof(float));
  }
  static void ints(onnx::Node& node, const std::string& name, std::vector<std::int64_t> values) {
    onnx::Attribute& attribute = *node.add_attribute();
    attribute.set_name(name);
    for (const std::int64_t value : values) attribute.add_ints(value);
  }
  static void number(onnx::Node& node, const std::string& name, std::int64_t value) {
    onnx::Attribute& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_i(value);
  }
  onnx::Node& convolution(const std::string& in, const std::string& out, std::vector<std::int64_t> dims, int step,
                          std::int64_t groups = 1) {
    std::size_t count = 1;
    for (const std::int64_t side : dims) count *= static_cast<std::size_t>(side);
    constant(out + "_weights", dims, random_floats(count, 1 + static_cast<unsigned>(graph().node_size())));
    constant(out + "_bias", {dims[0]}, random_floats(static_cast<std::size_t>(dims[0]), 99));
    onnx::Node& node = add("Conv", {in, out + "_weights", out + "_bias"}, out);
    const std::int64_t border = dims[2] / 2;
    ints(node, "pads", {border, border, border, border});
    ints(node, "strides", {step, step});
    number(node, "group", groups);
    return node;
  }
  ByteBuffer bytes() const {
    const std::string text = model_.SerializeAsString();
    const Bytes span = as_byte_span(text);
    return {span.begin(), span.end()};
  }

 private:
  onnx::Model model_;
};

/// Channels, rows, columns.
struct Planes {
  int channels = 0, height = 0, width = 0;
  std::vector<double> values;

  Planes(int c, int h, int w) : channels(c), height(h), width(w), values(static_cast<std::size_t>(c * h * w)) {}
  double& at(int c, int y, int x) { return values[static_cast<std::size_t>((c * height + y) * width + x)]; }
  double inside(int c, int y, int x) { return y < 0 || x < 0 || y >= height || x >= width ? 0 : at(c, y, x); }
};

Planes convolve(Planes in, const ModelBuilder& model, const std::string& name, int step, bool by_channel = false) {
  const onnx::Graph& graph = const_cast<ModelBuilder&>(model).graph();
  const auto tensor = [&graph](const std::string& wanted) -> const onnx::Tensor& {
    for (const onnx::Tensor& one : graph.initializer()) {
      if (one.name() == wanted) return one;
    }
    throw std::out_of_range(wanted);
  };
  const onnx::Tensor& weights = tensor(name + "_weights");
  const auto* values = reinterpret_cast<const float*>(weights.raw_data().data());
  const auto* bias = reinterpret_cast<const float*>(tensor(name + "_bias").raw_data().data());
  const int outputs = static_cast<int>(weights.dims(0)), inputs = static_cast<int>(weights.dims(1)),
            side = static_cast<int>(weights.dims(2)), border = side / 2;
  Planes out(outputs, (in.height + 2 * border - side) / step + 1, (in.width + 2 * border - side) / step + 1);
  for (int o = 0; o < outputs; ++o) {
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) {
        double sum = double{bias[o]};
        for (int k = 0; k < inputs * side * side; ++k) {
          const int channel = by_channel ? o : k / (side * side), dy = k / side % side, dx = k % side;
          sum += double{values[o * inputs * side * side + k]} *
                 in.inside(channel, y * step + dy - border, x * step + dx - border);
        }
        out.at(o, y, x) = sum;
      }
    }
  }
  return out;
}

Planes each(Planes planes, const std::function<double(double)>& function) {
  for (double& value : planes.values) value = function(value);
  return planes;
}

Planes pooled(Planes in) {
  Planes out(in.channels, in.height / 2, in.width / 2);
  for (int c = 0; c < out.channels; ++c) {
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) {
        out.at(c, y, x) = std::max({in.at(c, 2 * y, 2 * x), in.at(c, 2 * y, 2 * x + 1), in.at(c, 2 * y + 1, 2 * x),
                                    in.at(c, 2 * y + 1, 2 * x + 1)});
      }
    }
  }
  return out;
}

Planes doubled_plus(Planes small, Planes large) {
  Planes out = large;
  for (int c = 0; c < out.channels; ++c) {
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) out.at(c, y, x) += small.at(c, y / 2, x / 2);
    }
  }
  return out;
}

cv::Mat random_picture(int width, int height) {
  cv::Mat picture(height, width, CV_8UC3);
  cv::RNG random(7);
  random.fill(picture, cv::RNG::UNIFORM, 0, 256);
  return picture;
}

Planes planes_of(const cv::Mat& picture) {
  Planes planes(3, picture.rows, picture.cols);
  for (int y = 0; y < picture.rows; ++y) {
    for (int x = 0; x < picture.cols; ++x) {
      for (int c = 0; c < 3; ++c) planes.at(c, y, x) = (picture.at<cv::Vec3b>(y, x)[c] - 128.0) / 64;
    }
  }
  return planes;
}

/// All kinds of layer, with channels that are no multiples of eight and widths that are none of a tile.
ModelBuilder every_layer() {
  ModelBuilder model;
  model.constant("grey", {1}, {128});
  model.constant("range", {1}, {64});
  model.constant("scales", {4}, {1, 1, 2, 2});
  model.add("Sub", {"input", "grey"}, "centred");
  model.add("Div", {"centred", "range"}, "scaled");
  model.convolution("scaled", "stem", {11, 3, 3, 3}, 2);
  model.add("Relu", {"stem"}, "stem_relu");
  model.convolution("stem_relu", "point", {21, 11, 1, 1}, 1);
  model.convolution("point", "depth", {21, 1, 3, 3}, 1, 21);
  model.add("Relu", {"depth"}, "large");
  ModelBuilder::ints(model.add("MaxPool", {"large"}, "small"), "kernel_shape", {2, 2});
  ModelBuilder::ints(*model.graph().mutable_node(model.graph().node_size() - 1), "strides", {2, 2});
  model.convolution("small", "wide", {21, 21, 3, 3}, 1);
  model.add("Resize", {"wide", "", "scales"}, "wide_doubled");
  model.add("Add", {"large", "wide_doubled"}, "sum");
  model.convolution("sum", "score", {1, 21, 1, 1}, 1);
  ModelBuilder::ints(model.add("Transpose", {"score"}, "score_nhwc"), "perm", {0, 2, 3, 1});
  model.add("Reshape", {"score_nhwc", "any"}, "score_flat");
  model.add("Sigmoid", {"score_flat"}, "certainty");
  return model;
}

Planes expected_certainty(const ModelBuilder& model, const cv::Mat& picture) {
  const auto relu = [](double value) { return std::max(value, 0.0); };
  Planes stem = each(convolve(planes_of(picture), model, "stem", 2), relu);
  Planes large = each(convolve(convolve(stem, model, "point", 1), model, "depth", 1, true), relu);
  Planes wide = convolve(pooled(large), model, "wide", 1);
  Planes score = convolve(doubled_plus(wide, large), model, "score", 1);
  return each(score, [](double value) { return 1 / (1 + std::exp(-value)); });
}

Result<Network> load(const ModelBuilder& model, const std::string& output) {
  const std::vector<std::string> outputs{output};
  return Network::load(model.bytes(), outputs);
}

TEST(Network, EveryLayerComputesWhatOnnxSays) {
  const ModelBuilder model = every_layer();
  Result<Network> network = load(model, "certainty");
  ASSERT_TRUE(network) << network.error().message;
  // Larger and smaller ones after each other: nothing of an earlier picture may be left.
  for (const cv::Size size : {cv::Size(52, 36), cv::Size(12, 8), cv::Size(28, 60)}) {
    const cv::Mat picture = random_picture(size.width, size.height);
    network->run(picture);
    const FeatureMap& found = network->output(0);
    Planes wanted = expected_certainty(model, picture);
    ASSERT_EQ(std::tie(found.width, found.height, found.channels),
              std::tie(wanted.width, wanted.height, wanted.channels));
    for (int y = 0; y < wanted.height; ++y) {
      for (int x = 0; x < wanted.width; ++x)
        ASSERT_NEAR(found.row(y)[x * found.stride], wanted.at(0, y, x), 1e-4) << size << " at " << x << "," << y;
    }
  }
}

TEST(Network, TheKernelsOfAllProcessorsAgree) {
  const std::vector<float> in = random_floats(30 * 40, 1), weights = random_floats(2 * 40 * kPanelColumns, 2),
                           bias = random_floats(2 * kPanelColumns, 3);
  const auto product = [&](const Kernels& by) {
    std::vector<float> out(29 * 24);
    MatrixTask task;
    task.in[0] = in.data();
    task.in[1] = in.data() + 20;
    task.runs = 2;
    task.run_length = 20;
    task.in_stride = 40;
    task.rows = 29;
    task.weights = weights.data();
    task.bias = bias.data();
    task.out = out.data();
    task.out_stride = 24;
    task.relu = true;
    by.multiply(task);
    return out;
  };
  const std::vector<float> best = product(kernels()), plain = product(kBaselineKernels);
  for (std::size_t i = 0; i < plain.size(); ++i) ASSERT_NEAR(best[i], plain[i], 1e-4) << i;
}

std::string complaint_about(const ModelBuilder& model, const std::string& output = "out") {
  const Result<Network> network = load(model, output);
  return network ? std::string() : network.error().message;
}

TEST(Network, AnUnknownLayerIsNamedWithThoseThatAreKnown) {
  ModelBuilder model;
  model.add("LSTM", {"input"}, "out");
  EXPECT_THAT(complaint_about(model),
              testing::AllOf(HasSubstr("the layer LSTM 'out_layer' is not known"), HasSubstr("Conv")));
}

TEST(Network, BrokenFilesAreErrors) {
  EXPECT_THAT(complaint_about(ModelBuilder()), HasSubstr("nothing makes 'out'"));
  ModelBuilder cut;
  cut.convolution("input", "out", {4, 3, 3, 3}, 1);
  cut.graph().mutable_initializer(0)->mutable_raw_data()->resize(5);
  EXPECT_THAT(complaint_about(cut), HasSubstr("'out_weights' are cut short"));
  ModelBuilder shapeless;
  shapeless.convolution("input", "out", {4, 3, 3, 3}, 1);
  shapeless.graph().mutable_initializer(0)->set_dims(1, -3);
  EXPECT_THAT(complaint_about(shapeless), HasSubstr("impossible shape"));
  ModelBuilder ring;
  ring.add("Relu", {"other"}, "out");
  ring.add("Relu", {"out"}, "other");
  EXPECT_THAT(complaint_about(ring), HasSubstr("ring"));
  const std::vector<std::string> outputs{"out"};
  const auto nonsense = Network::load(as_byte_span("not a model"), outputs);
  ASSERT_FALSE(nonsense);
  EXPECT_THAT(nonsense.error().message, HasSubstr("not an ONNX file"));
}

TEST(Network, WeightsMayBeWrittenOnceForSeveralLayers) {
  ModelBuilder model;
  model.constant("shared", {4}, random_floats(4, 5));
  model.add("Identity", {"shared"}, "out_bias_too");
  model.convolution("input", "out", {4, 3, 1, 1}, 1).set_input(2, "out_bias_too");
  EXPECT_EQ(complaint_about(model), "");
}

TEST(Network, LayersThatDoNotFitTogetherThrowWhenRun) {
  ModelBuilder model;
  model.convolution("input", "wide", {8, 3, 3, 3}, 1);
  model.convolution("wide", "out", {4, 7, 1, 1}, 1);
  Result<Network> network = load(model, "out");
  ASSERT_TRUE(network) << network.error().message;
  EXPECT_THROW(network->run(random_picture(32, 32)), std::invalid_argument);
}

}  // namespace
}  // namespace sallyport
