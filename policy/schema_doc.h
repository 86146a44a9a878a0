// The reference of the policy language, written from the schema.
#pragma once

#include <string>

namespace sallyport::policy {

/// docs/policy-reference.md, whole.
std::string schema_reference();

}  // namespace sallyport::policy
