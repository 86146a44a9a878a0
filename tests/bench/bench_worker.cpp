// What one image costs a worker, step by step, on one core. The network is timed only where its model is at hand.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "daemon/worker/cascade_detector.h"
#include "daemon/worker/face_detector.h"
#include "daemon/worker/image_decoder.h"
#include "daemon/worker/image_header.h"
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
BENCHMARK(faces_network)->Unit(benchmark::kMillisecond);
BENCHMARK(faces_cascade)->Unit(benchmark::kMillisecond);
BENCHMARK(plates_network)->Unit(benchmark::kMillisecond);
BENCHMARK(plates_cascade)->Unit(benchmark::kMillisecond);

}  // namespace
