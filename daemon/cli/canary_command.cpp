#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "daemon/base/unique_fd.h"
#include "daemon/base/write_whole.h"
#include "daemon/cli/canary_picture.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/fingerprint_command.h"
#include "daemon/cli/worker_options.h"

namespace sallyport::cli {
namespace {

struct CanaryOptions {
  WorkerOptions worker;
  std::string set;
  std::vector<std::string> files;
};

/// Never over a file that is there.
Status write_new(const std::string& path, Bytes bytes) {
  constexpr mode_t kMode = 0644;
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
  if (!fd) return fail_errno("cannot make " + path);
  return write_whole(fd.get(), bytes) ? Status{} : fail_errno("cannot write " + path);
}

int make(const CanaryOptions& options) {
  std::random_device random;
  for (const std::string& path : options.files) {
    const std::uint64_t seed = std::uint64_t{random()} << 32U | random();
    if (const Status written = write_new(path, draw_canary(seed)); !written) {
      std::fprintf(stderr, "sallyport: %s\n", written.error().message.c_str());
      return kExitError;
    }
  }
  return add_fingerprints(options.worker, options.set, options.files, true);
}

}  // namespace

void add_canary_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<CanaryOptions>();
  CLI::App* command = app.add_subcommand("canary", "Planted images, whose sighting on the wire is an alert");
  command->require_subcommand(1);
  CLI::App* making = command->add_subcommand("make", "Draw images of nothing and register them in a set");
  making->add_option("--worker", options->worker.program, "sallyport-worker program to start");
  making->add_option("--set", options->set, "file of the registered set (.spf), made where it does not exist")
      ->required();
  making->add_option("OUTFILE", options->files, "JPEG files to make; none may exist")->required();
  making->callback([options, &exit_status] { exit_status = make(*options); });
}

}  // namespace sallyport::cli
