#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cli/camera_enrolment.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/file_object.h"
#include "daemon/cli/findings_json.h"
#include "daemon/cli/loaded_policy.h"
#include "daemon/cli/worker_options.h"
#include "daemon/pipeline/active_policy.h"

namespace sallyport::cli {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{256} << 20;
constexpr FindingSet kCamera = bit(FindingKind::kCamera);

struct CameraOptions {
  WorkerOptions worker;
  std::string name;
  std::vector<std::uint32_t> overlay;  ///< left, top, width, height; empty: none
  std::string policy;
  std::vector<std::string> files;
};

void complain(const std::string& message) {
  std::fprintf(stderr, "sallyport: %s\n", message.c_str());
}

std::optional<Findings> look(Classifier& classifier, const std::string& path,
                             const std::vector<OverlayRegion>& overlays) {
  const auto object = read_file_object(path, kFileBytesMax);
  if (!object) return complain(object.error().message), std::nullopt;
  return classify_and_wait(classifier, *object, kCamera, overlays);
}

/// Of an image whose camera facts could be read.
std::optional<Findings> sample(Classifier& classifier, const std::string& path,
                               const std::vector<OverlayRegion>& overlays) {
  auto findings = look(classifier, path, overlays);
  if (!findings || findings->camera) return findings;
  const auto& reason = findings->not_inspected;
  complain(path + ": is no image that can be enrolled" + (reason ? ": " + std::string(to_string(*reason)) : ""));
  return std::nullopt;
}

int enrol_samples(const CameraOptions& options) {
  std::optional<OverlayRegion> region;
  if (!options.overlay.empty()) {
    region = OverlayRegion{options.overlay[0], options.overlay[1], options.overlay[2], options.overlay[3]};
  }
  const std::vector<OverlayRegion> overlays = region ? std::vector{*region} : std::vector<OverlayRegion>{};
  const auto pool = options.worker.start_plain();
  std::vector<Findings> samples;
  for (const std::string& path : options.files) {
    auto findings = sample(*pool, path, overlays);
    if (!findings) return kExitError;
    samples.push_back(std::move(*findings));
  }
  const Enrolment enrolment = enrol(options.name, samples, region);
  std::printf("cameras:\n%s", enrolment.yaml.c_str());
  for (const std::string& note : enrolment.notes) std::fprintf(stderr, "%s\n", note.c_str());
  return enrolment.has_sign ? kExitClean : kExitFindings;
}

bool is_known(const Findings& findings) {
  bool known = false;
  for_each_image(findings, [&known](const ImageFindings& image) { known = known || !image.cameras.empty(); });
  return known;
}

nlohmann::ordered_json to_json(const ImageFindings& image) {
  nlohmann::ordered_json json{{"cameras", cameras_to_json(image.cameras)}};
  if (image.camera_unreadable) json["camera_unreadable"] = true;
  if (image.not_inspected) json["not_inspected"] = to_string(*image.not_inspected);
  return json;
}

void print(const std::string& path, const Findings& findings) {
  nlohmann::ordered_json line{{"file", path}};
  line.update(to_json(findings));
  for (const Part& part : findings.parts) {
    nlohmann::ordered_json inside{{"path", part.path}};
    inside.update(to_json(part));
    line["parts"].push_back(std::move(inside));
  }
  std::printf("%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

int check(const CameraOptions& options) {
  const auto active = load_told(options.policy);
  if (!active) return kExitError;
  const auto pool = options.worker.start_plain();
  int status = kExitClean;
  for (const std::string& path : options.files) {
    auto findings = look(*pool, path, active->cameras.overlays());
    if (!findings) return kExitError;
    active->cameras.match_all(*findings);
    if (!is_known(*findings)) status = kExitFindings;
    print(path, *findings);
  }
  return status;
}

CLI::App* add_action(CLI::App& parent, const std::shared_ptr<CameraOptions>& options, const char* name,
                     const char* description) {
  CLI::App* action = parent.add_subcommand(name, description);
  action->add_option("--worker", options->worker.program, "sallyport-worker program to start");
  action->add_option("FILE", options->files, "image files")->required();
  return action;
}

}  // namespace

void add_camera_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<CameraOptions>();
  CLI::App* command = app.add_subcommand("camera", "Cameras of our own, known by what their images say");
  command->require_subcommand(1);
  CLI::App* enrolling = add_action(*command, options, "enrol",
                                   "Print the entry for a policy by what sample images of one camera have in common. "
                                   "Exit status 1: they have nothing that others lack");
  enrolling->add_option("--name", options->name, "what the policy is to call it")->required();
  enrolling->add_option("--overlay", options->overlay, "LEFT,TOP,WIDTH,HEIGHT of a caption in the picture, in pixels")
      ->delimiter(',')
      ->expected(4);
  enrolling->callback([options, &exit_status] { exit_status = enrol_samples(*options); });
  CLI::App* checking = add_action(*command, options, "check",
                                  "Say which camera each image is from: one JSON line a file. Exit status 1: one is "
                                  "from none");
  checking->add_option("--policy", options->policy, "policy that enrols the cameras")->required();
  checking->callback([options, &exit_status] { exit_status = check(*options); });
}

}  // namespace sallyport::cli
