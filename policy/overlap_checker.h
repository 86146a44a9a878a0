// Networks that share addresses, although rules take them for different places.
#pragma once

#include "policy/compiled_policy.h"
#include "policy/diagnostic.h"
#include "policy/document.h"

namespace sallyport::policy {

/// Warns of each two of them once. A network inside another is common and told only where a rule has one of them as
/// sender and the other as receiver. `compiled` is made of `document`.
void check_overlaps(const PolicyDocument& document, const CompiledPolicy& compiled, Diagnostics& diagnostics);

}  // namespace sallyport::policy
