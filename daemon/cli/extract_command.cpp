#include <CLI/CLI.hpp>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/mailbox.h"
#include "daemon/cli/capture_account.h"
#include "daemon/cli/capture_progress.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/object_folder.h"
#include "daemon/cli/worker_options.h"
#include "daemon/frontends/tap/pcap_file.h"
#include "daemon/pipeline/extraction.h"

namespace sallyport::cli {
namespace {

/// Objects are written whole, so more of one may be kept than a gateway would.
constexpr std::uint64_t kObjectBytesMax = 4ULL << 30;

struct ExtractOptions {
  std::string to;
  bool no_unpack = false;
  WorkerOptions worker;
  std::vector<std::string> files;
};

/// Asks a worker what lies inside objects. The worker starts with the first object that needs it.
class Unpacking {
 public:
  explicit Unpacking(const WorkerOptions& options) : options_(options) {}

  Findings operator()(std::shared_ptr<const ObjectBytes> object) {
    if (!pool_ && !missing_) {
      pool_ = options_.start_unpacking();
      missing_ = pool_ == nullptr;
      if (missing_)
        std::fprintf(stderr, "sallyport: sallyport-worker is not there: archives and documents are not unpacked\n");
    }
    return pool_ ? classify_and_wait(*pool_, std::move(object), 0) : Findings();
  }

 private:
  const WorkerOptions& options_;
  std::unique_ptr<WorkerPool> pool_;
  bool missing_ = false;
};

bool extract_file(ObjectFolder& folder, CaptureProgress& progress, const std::string& path) {
  // A capture is a world of its own: no connection goes on in the next one.
  ExtractionConfig config;
  config.transfer.object_bytes_max = kObjectBytesMax;
  config.transfer.kept_bytes_max = kObjectBytesMax;
  Mailbox mailbox;
  SharedTransfers shared;
  Extraction extraction(config, folder, folder, shared, mailbox);
  folder.set_source(path);
  progress.set_file(path);
  PcapFileOptions options;
  options.progress = [&](std::uint64_t done, std::uint64_t total) { progress.show(done, total); };
  const auto read = read_pcap_file(path, extraction, options);
  const bool good = tell_reading(path, read);
  tell_uninspected(extraction.reassembler().stats());
  return good;
}

int run(const ExtractOptions& options) {
  auto folder = ObjectFolder::open(options.to == "none" ? "" : options.to);
  if (!folder) {
    std::fprintf(stderr, "sallyport: %s\n", folder.error().message.c_str());
    return kExitError;
  }
  Unpacking unpacking(options.worker);
  if (!options.no_unpack) folder->set_unpack(std::ref(unpacking));
  bool good = true;
  {
    CaptureProgress progress;
    for (const std::string& path : options.files) good = extract_file(*folder, progress, path) && good;
  }
  if (!folder->status()) {
    std::fprintf(stderr, "sallyport: %s\n", folder->status().error().message.c_str());
    good = false;
  }
  return good ? kExitClean : kExitError;
}

}  // namespace

void add_extract_command(CLI::App& app, int& exit_status) {
  auto options = std::make_shared<ExtractOptions>();
  CLI::App* command = app.add_subcommand(
      "extract", "Write every object of captures as the receiving application would have it, and an index of them");
  command
      ->add_option("--to", options->to,
                   "folder for objects and index.jsonl; 'none': only the index, on standard output")
      ->required();
  command->add_flag("--no-unpack", options->no_unpack, "do not look for images inside archives, documents and images");
  command->add_option("--worker", options->worker.program, "sallyport-worker program that unpacks");
  command->add_option("PCAP", options->files, "capture files (pcap, pcapng, also gzip)")->required();
  command->callback([options, &exit_status] { exit_status = run(*options); });
}

}  // namespace sallyport::cli
