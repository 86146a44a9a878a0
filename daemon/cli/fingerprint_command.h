// Registering images in a set, for `fingerprint add` and `canary make`.
#pragma once

#include <string>
#include <vector>

#include "daemon/cli/worker_options.h"

namespace sallyport::cli {

/// Adds the images to the set, which is made where it does not exist, and says so; `with_parts`: with the corners by
/// which parts of them are recognised. Gives the exit status.
int add_fingerprints(const WorkerOptions& worker, const std::string& set, const std::vector<std::string>& files,
                     bool with_parts);

}  // namespace sallyport::cli
