#include "daemon/cli/fingerprint_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "daemon/classify/fingerprint_index.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/file_object.h"
#include "daemon/cli/findings_json.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{256} << 20;

struct FingerprintOptions {
  WorkerOptions worker;
  std::string set;
  int distance_max = 31;
  std::vector<std::string> files;
};

void complain(const std::string& message) {
  std::fprintf(stderr, "sallyport: %s\n", message.c_str());
}

std::optional<Fingerprint> fingerprint_of(Classifier& classifier, const std::string& path) {
  const auto object = read_file_object(path, kFileBytesMax);
  if (!object) return complain(object.error().message), std::nullopt;
  const Findings findings = classify_and_wait(classifier, *object, bit(FindingKind::kFingerprint));
  if (findings.not_inspected) {
    complain(path + ": not inspected: " + std::string(to_string(*findings.not_inspected)));
    return std::nullopt;
  }
  return Fingerprint{Sha256::of((*object)->bytes()), findings.pdq, findings.pdq_quality,
                     std::filesystem::path(path).filename()};
}

std::optional<FingerprintIndex> load_or_new(const std::string& path) {
  if (!std::filesystem::exists(path)) return FingerprintIndex::of({});
  auto index = FingerprintIndex::load(path);
  if (!index) return complain(index.error().message), std::nullopt;
  return std::move(*index);
}

}  // namespace

int add_fingerprints(const WorkerOptions& worker, const std::string& set, const std::vector<std::string>& files) {
  const auto existing = load_or_new(set);
  if (!existing) return kExitError;
  std::vector<Fingerprint> all = existing->all();
  const auto pool = worker.start();
  std::size_t refused = 0;
  for (const std::string& path : files) {
    const auto item = fingerprint_of(*pool, path);
    if (!item) {
      ++refused;
      continue;
    }
    if (item->pdq_quality < kPdqQualityMin)
      complain(path + ": has so little structure that only exact copies will match");
    all.push_back(*item);
  }
  const FingerprintIndex index = FingerprintIndex::of(std::move(all));
  if (const Status saved = index.save(set); !saved) return complain(saved.error().message), kExitError;
  std::printf("%s: %zu images, %zu added or renewed, %zu refused\n", set.c_str(), index.all().size(),
              files.size() - refused, refused);
  return refused == 0 ? kExitClean : kExitError;
}

namespace {

int query(const FingerprintOptions& options) {
  auto index = FingerprintIndex::load(options.set);
  if (!index) return complain(index.error().message), kExitError;
  FingerprintSets sets;
  sets.add(std::filesystem::path(options.set).stem(), std::move(*index), options.distance_max);
  const auto pool = options.worker.start();
  int status = kExitClean;
  for (const std::string& path : options.files) {
    const auto item = fingerprint_of(*pool, path);
    if (!item) {
      status = kExitError;
      continue;
    }
    Findings findings;
    findings.pdq = item->pdq;
    findings.pdq_quality = item->pdq_quality;
    const auto matches = sets.match(item->sha256, findings);
    if (!matches.empty() && status == kExitClean) status = kExitFindings;
    const nlohmann::ordered_json line{{"file", path}, {"matches", matches_to_json(matches)}};
    std::printf("%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  }
  return status;
}

CLI::App* add_action(CLI::App& parent, const std::shared_ptr<FingerprintOptions>& options, const char* name,
                     const char* description) {
  CLI::App* action = parent.add_subcommand(name, description);
  options->worker.add_to(*action);
  action->add_option("--set", options->set, "file of the registered set (.spf)")->required();
  action->add_option("IMAGE", options->files, "image files")->required();
  return action;
}

}  // namespace

void add_fingerprint_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<FingerprintOptions>();
  CLI::App* command =
      app.add_subcommand("fingerprint", "Registered sets of protected images: hashes and names, no pixels");
  command->require_subcommand(1);
  add_action(*command, options, "add", "Add images to a set, which is made where it does not exist")
      ->callback(
          [options, &exit_status] { exit_status = add_fingerprints(options->worker, options->set, options->files); });
  CLI::App* ask =
      add_action(*command, options, "query", "Which registered images are these copies of? Exit 1 where there is one");
  ask->add_option("--distance-max", options->distance_max, "PDQ bits that may differ for a near copy")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  ask->callback([options, &exit_status] { exit_status = query(*options); });
}

}  // namespace sallyport::cli
