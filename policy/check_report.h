// What `sallyport policy check` says of one policy file.
#pragma once

#include <string>

#include "policy/loader.h"

namespace sallyport::policy {

/// Every message, the summary, and of a policy that loads what its rules do where they get no answer.
std::string check_text(const LoadResult& result);
/// One JSON object: file, loaded, errors, warnings, diagnostics, outcomes (null where the policy does not load). Ends
/// in a newline.
std::string check_json(const LoadResult& result, const std::string& file);

}  // namespace sallyport::policy
