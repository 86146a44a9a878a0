// What a set of many registered images costs: bytes, seconds to build and to load, milliseconds to ask.
//
//   near_copies [IMAGES] [PICTURE...]     PICTURE: registered beside made-up images, and asked about cropped
//
// Made-up images have corners at random places with random descriptors; those of pictures are less evenly spread over
// words.
#include <unistd.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <random>
#include <string>
#include <vector>

#include "daemon/base/limits.h"
#include "daemon/classify/fingerprint_sets.h"
#include "daemon/worker/image_inspector.h"

namespace {

using namespace sallyport;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

LocalFeatures made_up(std::mt19937_64& random, std::size_t count) {
  LocalFeatures features;
  features.points.resize(count);
  for (LocalFeature& point : features.points) {
    point.x = static_cast<std::uint16_t>(random());
    point.y = static_cast<std::uint16_t>(random() % 49152);
    point.level = static_cast<std::uint8_t>(random() % 7 + 2);
    point.angle = static_cast<std::uint8_t>(random());
    for (std::uint8_t& byte : point.bits) byte = static_cast<std::uint8_t>(random());
  }
  features.luma_width = limits::kLumaSide;
  features.luma_height = limits::kLumaSide * 3 / 4;
  for (int i = 0; i < features.luma_width * features.luma_height; ++i)
    features.luma.push_back(static_cast<std::uint8_t>(random()));
  return features;
}

ImageFindings findings_of(const cv::Mat& picture) {
  constexpr FindingSet kWanted = bit(FindingKind::kFingerprint) | bit(FindingKind::kLocalFeatures);
  return ImageInspector(nullptr, nullptr).inspect_pixels(picture, {kWanted, 1 << 27});
}

Fingerprint registered(const std::string& name, const ImageFindings& findings) {
  Fingerprint item{Sha256::of(as_byte_span(name)), findings.pdq, findings.pdq_quality, name, std::nullopt};
  item.parts = parts_to_keep(*findings.local_features);
  return item;
}

ImageFindings made_up_findings(std::mt19937_64& random) {
  ImageFindings findings;
  findings.pdq.emplace();
  for (std::uint8_t& byte : *findings.pdq) byte = static_cast<std::uint8_t>(random());
  findings.pdq_forms.assign(kPictureForms - 1, *findings.pdq);
  findings.pdq_quality = 100;
  findings.local_features = std::make_shared<LocalFeatures>(made_up(random, 1000));
  return findings;
}

void ask(const FingerprintSets& sets, const std::vector<ImageFindings>& asked, const char* what) {
  if (asked.empty()) return;
  std::size_t matches = 0;
  double most = 0;
  const auto start = Clock::now();
  const std::clock_t processor = std::clock();
  for (const ImageFindings& findings : asked) {
    const auto one = Clock::now();
    matches += sets.match(Sha256Digest{}, findings).size();
    most = std::max(most, seconds_since(one));
  }
  const double each = 1000 / static_cast<double>(asked.size());
  std::printf("%s: %zu asked, %zu matched, %.2f ms each (%.2f ms of a processor), at most %.2f ms\n", what,
              asked.size(), matches, each * seconds_since(start),
              each * static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC, 1000 * most);
}

}  // namespace

int main(int count, char** arguments) {
  cv::setNumThreads(1);
  const std::size_t images = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 100'000;
  std::mt19937_64 random(1);
  std::vector<Fingerprint> all;
  std::vector<ImageFindings> crops, others;
  for (int i = 2; i < count; ++i) {
    const cv::Mat picture = cv::imread(arguments[i], cv::IMREAD_COLOR);
    if (picture.empty()) continue;
    // Every other picture is asked about without being registered.
    if (i % 2 != 0) {
      others.push_back(findings_of(picture));
      continue;
    }
    all.push_back(registered(arguments[i], findings_of(picture)));
    const cv::Rect part(picture.cols / 8, picture.rows / 8, picture.cols * 3 / 4, picture.rows * 3 / 4);
    crops.push_back(findings_of(picture(part)));
  }
  while (all.size() < images) all.push_back(registered(std::to_string(all.size()), made_up_findings(random)));
  auto start = Clock::now();
  const std::string path =
      std::filesystem::temp_directory_path() / ("near-copies-" + std::to_string(::getpid()) + ".spf");
  if (!FingerprintIndex::of(std::move(all)).save(path)) return 1;
  std::printf("%zu images, %zu bytes, built and written in %.1f s\n", images, std::filesystem::file_size(path),
              seconds_since(start));
  start = Clock::now();
  auto index = FingerprintIndex::load(path);
  std::filesystem::remove(path);
  if (!index) return 1;
  std::printf("loaded and checked in %.2f s\n", seconds_since(start));
  FingerprintSets sets;
  sets.add("set", std::move(*index), {31, true});
  std::vector<ImageFindings> unknown;
  for (int i = 0; i < 100; ++i) unknown.push_back(made_up_findings(random));
  ask(sets, unknown, "made-up pictures");
  ask(sets, others, "pictures that are not registered");
  ask(sets, crops, "crops of registered pictures");
}
