#include "daemon/cli/fingerprint_command.h"

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

namespace sallyport::cli {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{256} << 20;
/// Fewer corners than this are never enough to recognise a part (classify/shown_part.cpp asks for ten that fit).
constexpr std::size_t kPointsUseful = 24;

struct FingerprintOptions {
  WorkerOptions worker;
  std::string set;
  int distance_max = 31;
  bool no_parts = false;
  std::vector<std::string> files;
};

void complain(const std::string& message) {
  std::fprintf(stderr, "sallyport: %s\n", message.c_str());
}

struct LookedAt {
  Sha256Digest sha256{};
  Findings findings;
};

std::optional<LookedAt> look_at(Classifier& classifier, const std::string& path, FindingSet wanted) {
  const auto object = read_file_object(path, kFileBytesMax);
  if (!object) return complain(object.error().message), std::nullopt;
  Findings findings = classify_and_wait(classifier, *object, bit(FindingKind::kFingerprint) | wanted);
  if (findings.not_inspected) {
    complain(path + ": not inspected: " + std::string(to_string(*findings.not_inspected)));
    return std::nullopt;
  }
  return LookedAt{Sha256::of((*object)->bytes()), std::move(findings)};
}

/// What is kept of it; says what will not be recognised.
Fingerprint fingerprint_of(const LookedAt& looked_at, const std::string& path) {
  const Findings& findings = looked_at.findings;
  Fingerprint item{looked_at.sha256, findings.pdq, findings.pdq_quality, std::filesystem::path(path).filename(),
                   std::nullopt};
  if (findings.local_features) item.parts = parts_to_keep(*findings.local_features);
  const bool few = item.parts && item.parts->points.size() < kPointsUseful;
  if (item.pdq_quality < kPdqQualityMin)
    complain(path + ": has so little structure that only exact copies will match" +
             (few || !item.parts ? "" : ", or parts"));
  else if (few)
    complain(path + ": has so few corners that its parts will not be recognised");
  return item;
}

std::optional<FingerprintIndex> load_or_new(const std::string& path) {
  if (!std::filesystem::exists(path)) return FingerprintIndex::of({});
  auto index = FingerprintIndex::load(path);
  if (!index) return complain(index.error().message), std::nullopt;
  return std::move(*index);
}

}  // namespace

int add_fingerprints(const WorkerOptions& worker, const std::string& set, const std::vector<std::string>& files,
                     bool with_parts) {
  const auto existing = load_or_new(set);
  if (!existing) return kExitError;
  std::vector<Fingerprint> all;
  for (std::size_t i = 0; i < existing->size(); ++i) all.push_back(existing->at(i));
  const FindingSet parts = with_parts ? bit(FindingKind::kLocalFeatures) : 0;
  const auto pool = worker.start_plain();
  std::size_t refused = 0;
  for (const std::string& path : files) {
    const auto looked_at = look_at(*pool, path, parts);
    if (looked_at)
      all.push_back(fingerprint_of(*looked_at, path));
    else
      ++refused;
  }
  const FingerprintIndex index = FingerprintIndex::of(std::move(all));
  if (const Status saved = index.save(set); !saved) return complain(saved.error().message), kExitError;
  std::printf("%s: %zu images, %zu added or renewed, %zu refused\n", set.c_str(), index.size(), files.size() - refused,
              refused);
  return refused == 0 ? kExitClean : kExitError;
}

namespace {

/// At once, also into a pipe: whoever asks about many images reads on as they are answered.
void print(const nlohmann::ordered_json& line) {
  std::printf("%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  std::fflush(stdout);
}

int query(const FingerprintOptions& options) {
  auto index = FingerprintIndex::load(options.set);
  if (!index) return complain(index.error().message), kExitError;
  FingerprintSets sets;
  sets.add(std::filesystem::path(options.set).stem(), std::move(*index), {options.distance_max, !options.no_parts});
  const auto pool = options.worker.start_plain();
  int status = kExitClean;
  for (const std::string& path : options.files) {
    const auto looked_at = look_at(*pool, path, sets.features_wanted());
    if (!looked_at) {
      status = kExitError;
      continue;
    }
    const auto matches = sets.match(looked_at->sha256, looked_at->findings);
    if (!matches.empty() && status == kExitClean) status = kExitFindings;
    print({{"file", path}, {"matches", matches_to_json(matches)}});
  }
  return status;
}

int stats(const FingerprintOptions& options) {
  const auto index = FingerprintIndex::load(options.set);
  if (!index) return complain(index.error().message), kExitError;
  std::size_t with_parts = 0, points = 0;
  for (std::size_t i = 0; i < index->size(); ++i) {
    const Fingerprint item = index->at(i);
    with_parts += item.parts.has_value();
    points += item.parts ? item.parts->points.size() : 0;
  }
  print({{"set", options.set},
         {"images", index->size()},
         {"with_parts", with_parts},
         {"corners", points},
         {"bytes", index->file_bytes()}});
  return kExitClean;
}

CLI::App* add_action(CLI::App& parent, const std::shared_ptr<FingerprintOptions>& options, const char* name,
                     const char* description) {
  CLI::App* action = parent.add_subcommand(name, description);
  action->add_option("--worker", options->worker.program, "sallyport-worker program to start");
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
  CLI::App* more = add_action(*command, options, "add", "Add images to a set, which is made where it does not exist");
  more->add_flag("--no-parts", options->no_parts, "keep hashes only: 15 kB less an image, and no parts are recognised");
  more->callback([options, &exit_status] {
    exit_status = add_fingerprints(options->worker, options->set, options->files, !options->no_parts);
  });
  CLI::App* ask =
      add_action(*command, options, "query", "Which registered images are these copies of? Exit 1 where there is one");
  ask->add_option("--distance-max", options->distance_max, "PDQ bits that may differ for a near copy")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  ask->add_flag("--no-parts", options->no_parts, "whole pictures only");
  ask->callback([options, &exit_status] { exit_status = query(*options); });
  CLI::App* count = command->add_subcommand("stats", "How many images and corners a set holds, and its size");
  count->add_option("--set", options->set, "file of the registered set (.spf)")->required();
  count->callback([options, &exit_status] { exit_status = stats(*options); });
}

}  // namespace sallyport::cli
