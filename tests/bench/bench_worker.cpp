// What one image costs a worker, step by step, on one core. The network is timed only where its model is at hand.
#include <benchmark/benchmark.h>

#include <cmath>
#include <filesystem>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#ifdef SALLYPORT_WITH_OPENCV_DNN
#include <opencv2/dnn.hpp>
#endif

#include "daemon/worker/cascade_detector.h"
#include "daemon/worker/face_detector.h"
#include "daemon/worker/image_decoder.h"
#include "daemon/worker/image_header.h"
#include "daemon/worker/image_inspector.h"
#include "daemon/worker/pdq.h"
#include "daemon/worker/plate_detector.h"
#include "daemon/worker/shrink.h"

namespace {

using namespace sallyport;

const char* const kCascades = "/usr/share/opencv4/haarcascades";

/// Shapes and a little noise: compresses to about what a photograph does.
cv::Mat draw_photo(int width, int height) {
  cv::RNG random(1);
  cv::Mat photo(height, width, CV_8UC3);
  random.fill(photo, cv::RNG::UNIFORM, 0, 256);
  cv::GaussianBlur(photo, photo, cv::Size(0, 0), 2);
  for (int i = 0; i < 40; ++i) {
    const cv::Point centre(random.uniform(0, width), random.uniform(0, height));
    const cv::Scalar colour(random.uniform(0, 256), random.uniform(0, 256), random.uniform(0, 256));
    cv::circle(photo, centre, random.uniform(height / 30, height / 6), colour, cv::FILLED);
  }
  return photo;
}

std::vector<std::uint8_t> encode(const char* extension, int width, int height) {
  std::vector<std::uint8_t> file;
  cv::imencode(extension, draw_photo(width, height), file);
  return file;
}

void decode(benchmark::State& state, const char* extension, int longer_side) {
  const std::vector<std::uint8_t> file = encode(extension, 1920, 1080);
  const Bytes bytes = as_byte_span(file.data(), file.size());
  for (auto _ : state) benchmark::DoNotOptimize(decode_image(bytes, {1 << 27, longer_side}).pixels.data);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(file.size()));
}
BENCHMARK_CAPTURE(decode, jpeg_2mp_full, ".jpg", 1920);
BENCHMARK_CAPTURE(decode, jpeg_2mp_half, ".jpg", 960);
BENCHMARK_CAPTURE(decode, jpeg_2mp_quarter, ".jpg", 480);
BENCHMARK_CAPTURE(decode, jpeg_2mp_eighth, ".jpg", 240);
BENCHMARK_CAPTURE(decode, png_2mp, ".png", 640);

void header(benchmark::State& state) {
  const std::vector<std::uint8_t> file = encode(".jpg", 640, 480);
  for (auto _ : state) benchmark::DoNotOptimize(read_image_header(as_byte_span(file.data(), file.size())));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(header);

void shrink(benchmark::State& state) {
  const cv::Mat photo = draw_photo(static_cast<int>(state.range(0)), static_cast<int>(state.range(0)) * 3 / 4);
  for (auto _ : state) benchmark::DoNotOptimize(shrink_to(photo, 640).data);
}
BENCHMARK(shrink)->Arg(960)->Arg(1920)->Unit(benchmark::kMillisecond);

void fingerprint(benchmark::State& state) {
  const cv::Mat photo = draw_photo(static_cast<int>(state.range(0)), static_cast<int>(state.range(0)) * 3 / 4);
  for (auto _ : state) benchmark::DoNotOptimize(pdq(photo));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(fingerprint)->Arg(128)->Arg(512)->Arg(960)->Unit(benchmark::kMillisecond);

void detect(benchmark::State& state, const Result<std::unique_ptr<Detector>>& detector) {
  cv::setNumThreads(1);
  if (!detector || !*detector) return state.SkipWithError("the detector's file is not here");
  const cv::Mat photo = draw_photo(640, 480);
  for (auto _ : state) benchmark::DoNotOptimize((*detector)->detect(photo));
  state.SetItemsProcessed(state.iterations());
}

void faces_network(benchmark::State& state) {
  detect(state, load_face_detector(std::filesystem::path(SALLYPORT_SOURCE_DIR).parent_path() / "shared/models",
                                   "/nonexistent"));
}
void faces_cascade(benchmark::State& state) {
  detect(state, load_face_detector("", kCascades));
}
void plates_network(benchmark::State& state) {
  detect(state, load_plate_detector("", std::filesystem::path(SALLYPORT_SOURCE_DIR) / "deploy/models/plates", ""));
}
void plates_cascade(benchmark::State& state) {
  detect(state, load_plate_detector("", "/nonexistent", kCascades));
}
// --- a whole image, a JPEG of two megapixels, beside what the same would cost without thought

const std::filesystem::path kShared = std::filesystem::path(SALLYPORT_SOURCE_DIR).parent_path() / "shared";

/// A photo with faces where the shared ones are here, made as large; else the drawn one, in which nothing is found.
std::vector<std::uint8_t> two_megapixels() {
  cv::Mat photo = cv::imread(kShared / "corpus/images/faces/faces-001.jpg");
  if (photo.empty()) photo = draw_photo(1920, 1080);
  const double scale = std::sqrt(1920.0 * 1080 / static_cast<double>(photo.total()));
  cv::resize(photo, photo, cv::Size(), scale, scale, cv::INTER_CUBIC);
  std::vector<std::uint8_t> file;
  cv::imencode(".jpg", photo, file, {cv::IMWRITE_JPEG_QUALITY, 85});
  return file;
}

void inspect(benchmark::State& state, FindingSet wanted, std::uint64_t enough) {
  cv::setNumThreads(1);
  auto faces = load_face_detector(kShared / "models", "/nonexistent");
  auto plates =
      load_plate_detector("", std::filesystem::path(SALLYPORT_SOURCE_DIR) / "deploy/models/plates", "/nonexistent");
  if (!faces || !*faces || !plates || !*plates) return state.SkipWithError("the detectors' models are not here");
  ImageInspector inspector(std::move(*faces), std::move(*plates));
  const std::vector<std::uint8_t> file = two_megapixels();
  InspectionRequest request{wanted, 1 << 27};
  request.faces = {enough, 0.7F};
  const Bytes bytes = as_byte_span(file.data(), file.size());
  for (auto _ : state) benchmark::DoNotOptimize(inspector.inspect(bytes, request).faces.data());
}
constexpr FindingSet kAllDetectors =
    bit(FindingKind::kFace) | bit(FindingKind::kPlate) | bit(FindingKind::kFingerprint);
BENCHMARK_CAPTURE(inspect, jpeg_2mp_all_detectors, kAllDetectors, 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(inspect, jpeg_2mp_faces, bit(FindingKind::kFace), 0)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(inspect, jpeg_2mp_a_face_is_enough, bit(FindingKind::kFace), 1)->Unit(benchmark::kMillisecond);

#ifdef SALLYPORT_WITH_OPENCV_DNN
/// Decoded whole, shrunk, and shown to YuNet by OpenCV.
void plain_imdecode_and_yunet(benchmark::State& state) {
  cv::setNumThreads(1);
  const std::filesystem::path model = kShared / "models/yunet_n_640_640.onnx";
  if (!std::filesystem::exists(model)) return state.SkipWithError("the detector's model is not here");
  cv::dnn::Net network = cv::dnn::readNetFromONNX(model);
  const std::vector<std::uint8_t> file = two_megapixels();
  const std::vector<cv::String> outputs{"cls_8",   "obj_8",  "bbox_8", "cls_16", "obj_16",
                                        "bbox_16", "cls_32", "obj_32", "bbox_32"};
  std::vector<cv::Mat> grids;
  for (auto _ : state) {
    cv::Mat picture = cv::imdecode(file, cv::IMREAD_COLOR);
    const double scale = 640.0 / std::max(picture.cols, picture.rows);
    cv::resize(picture, picture, cv::Size(), scale, scale, cv::INTER_AREA);
    const auto missing = [](int side) { return (32 - side % 32) % 32; };
    cv::copyMakeBorder(picture, picture, 0, missing(picture.rows), 0, missing(picture.cols), cv::BORDER_CONSTANT);
    network.setInput(cv::dnn::blobFromImage(picture));
    network.forward(grids, outputs);
    benchmark::DoNotOptimize(grids.data());
  }
}
BENCHMARK(plain_imdecode_and_yunet)->Unit(benchmark::kMillisecond);
#endif

BENCHMARK(faces_network)->Unit(benchmark::kMillisecond);
BENCHMARK(faces_cascade)->Unit(benchmark::kMillisecond);
BENCHMARK(plates_network)->Unit(benchmark::kMillisecond);
BENCHMARK(plates_cascade)->Unit(benchmark::kMillisecond);

}  // namespace
