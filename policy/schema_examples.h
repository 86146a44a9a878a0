// What a person may write behind each key of the table: for the reference, for editors, and to test the table itself.
#pragma once

#include <string_view>

#include "policy/schema.h"

namespace sallyport::policy {

/// The value as it would be written on one line. Names in it are those of the examples of networks, fingerprints and
/// rules. Empty where nobody wrote one yet, which a test tells.
std::string_view example_of(SectionId section, const SchemaKey& key);

}  // namespace sallyport::policy
