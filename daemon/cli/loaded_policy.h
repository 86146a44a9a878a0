// A policy that a command was given: loaded, with what is to be said about it.
#pragma once

#include <memory>
#include <string>

#include "daemon/pipeline/active_policy.h"

namespace sallyport::cli {

/// Every message about the file goes to standard error. Null, and told, where it does not load.
std::shared_ptr<const ActivePolicy> load_told(const std::string& file);
/// "agency.yaml (sha256 1234abcd)".
std::string title_of(const std::string& file, const ActivePolicy& active);

}  // namespace sallyport::cli
