// The options by which a command starts its own workers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/classify/worker_pool.h"

namespace CLI {
class App;
}

namespace sallyport::cli {

struct WorkerOptions {
  std::string program;  ///< empty: beside this program, else where it is installed
  std::string model_dir = "/var/lib/sallyport/models";
  std::string cascade_dir;
  std::size_t workers = 0;  ///< 0: one a core, at most four

  void add_to(CLI::App& command);
  std::unique_ptr<WorkerPool> start() const;
  /// One worker without detectors, for a command that only wants to know what lies inside objects. Null where the
  /// program is not there.
  std::unique_ptr<WorkerPool> start_unpacking() const;
  /// The same for a command that cannot do without: where the program is not there each answer says so.
  std::unique_ptr<WorkerPool> start_plain() const;

 private:
  std::string worker_program() const;
};

/// One object through the pool; blocks until the answer. For commands, which have nothing else to do.
Findings classify_and_wait(Classifier& classifier, std::shared_ptr<const ObjectBytes> object, FindingSet wanted,
                           std::vector<OverlayRegion> overlays = {});

}  // namespace sallyport::cli
