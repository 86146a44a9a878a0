#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "daemon/classify/fingerprint_sets.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/file_object.h"
#include "daemon/cli/findings_json.h"
#include "daemon/cli/worker_options.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{256} << 20;
constexpr FindingSet kEverything = bit(FindingKind::kFace) | bit(FindingKind::kPlate) | bit(FindingKind::kFingerprint);

struct ClassifyOptions {
  WorkerOptions worker;
  std::vector<std::string> sets;
  int distance_max = 31;
  std::vector<std::string> files;
};

bool load_sets(const ClassifyOptions& options, FingerprintSets& sets) {
  bool good = true;
  for (const std::string& path : options.sets) {
    auto index = FingerprintIndex::load(path);
    if (!index) {
      std::fprintf(stderr, "sallyport: %s\n", index.error().message.c_str());
      good = false;
      continue;
    }
    sets.add(std::filesystem::path(path).stem(), std::move(*index), {options.distance_max, true});
  }
  return good;
}

bool classify_file(Classifier& classifier, const FingerprintSets& sets, const std::string& path) {
  const auto object = read_file_object(path, kFileBytesMax);
  if (!object) {
    std::fprintf(stderr, "sallyport: %s\n", object.error().message.c_str());
    return false;
  }
  Findings findings = classify_and_wait(classifier, *object, kEverything | sets.features_wanted());
  const Sha256Digest digest = Sha256::of((*object)->bytes());
  sets.match_all(digest, findings);
  nlohmann::ordered_json line{{"file", path}, {"sha256", sallyport::to_hex(digest)}};
  line.update(findings_to_json(findings));
  std::printf("%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  return true;
}

int run(const ClassifyOptions& options) {
  FingerprintSets sets;
  bool good = load_sets(options, sets);
  const auto pool = options.worker.start();
  for (const std::string& path : options.files) good = classify_file(*pool, sets, path) && good;
  const std::string worker_error = pool->last_error();
  if (!worker_error.empty()) {
    std::fprintf(stderr, "sallyport: %s\n", worker_error.c_str());
    good = false;
  }
  return good ? kExitClean : kExitError;
}

}  // namespace

void add_classify_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<ClassifyOptions>();
  CLI::App* command = app.add_subcommand(
      "classify", "Say what the classifier sees in images, archives and documents: one JSON line a file");
  options->worker.add_to(*command);
  command->add_option("--fingerprints", options->sets, "registered set to compare with; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--distance-max", options->distance_max, "PDQ bits that may differ for a near copy")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  command->add_option("FILE", options->files, "images, or what holds images")->required();
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace sallyport::cli
