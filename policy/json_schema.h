// The policy language as a JSON Schema (draft-07), for editors: the same table that the loader checks with.
#pragma once

#include <string>

namespace sallyport::policy {

/// policy/policy.schema.json. It knows types, words, bounds and required keys; what depends on several keys, on names
/// defined elsewhere or on YAML itself is told by the loader only. Ends in a newline.
std::string json_schema();

}  // namespace sallyport::policy
