#include "daemon/cli/worker_options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <future>
#include <thread>
#include <utility>

namespace sallyport::cli {
namespace {

/// A command may wait longer than a gateway: nobody is held up.
constexpr std::chrono::milliseconds kCommandDeadline{60'000};

}  // namespace

void WorkerOptions::add_to(CLI::App& command) {
  command.add_option("--model-dir", model_dir, "folder with detector models (see deploy/models)")
      ->capture_default_str();
  command.add_option("--cascade-dir", cascade_dir, "folder with OpenCV cascades, used where no model is installed");
  command.add_option("--worker", program, "sallyport-worker program to start");
  command.add_option("--workers", workers, "worker processes (default: one a core, at most four)");
}

std::unique_ptr<WorkerPool> WorkerOptions::start() const {
  WorkerPoolConfig config;
  config.command.program = worker_program();
  config.command.arguments = {"--model-dir", model_dir};
  if (!cascade_dir.empty())
    config.command.arguments.insert(config.command.arguments.end(), {"--cascade-dir", cascade_dir});
  config.workers = workers != 0 ? workers : std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
  return std::make_unique<WorkerPool>(std::move(config));
}

std::unique_ptr<WorkerPool> WorkerOptions::start_unpacking() const {
  return ::access(worker_program().c_str(), X_OK) == 0 ? start_plain() : nullptr;
}

std::unique_ptr<WorkerPool> WorkerOptions::start_plain() const {
  WorkerPoolConfig config;
  config.command.program = worker_program();
  config.command.arguments = {"--no-detectors"};
  config.workers = 1;
  return std::make_unique<WorkerPool>(std::move(config));
}

std::string WorkerOptions::worker_program() const {
  return program.empty() ? default_worker_program() : program;
}

Findings classify_and_wait(Classifier& classifier, std::shared_ptr<const ObjectBytes> object, FindingSet wanted,
                           std::vector<OverlayRegion> overlays) {
  ClassifyRequest request;
  request.sha256 = Sha256::of(object->bytes());
  request.object = std::move(object);
  request.wanted = wanted;
  request.overlays = std::move(overlays);
  request.deadline = kCommandDeadline;
  auto answer = std::make_shared<std::promise<Findings>>();
  classifier.classify(std::move(request), [answer](Findings findings) { answer->set_value(std::move(findings)); });
  return answer->get_future().get();
}

}  // namespace sallyport::cli
