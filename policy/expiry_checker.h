// What of a policy is over already: it stays written down, but excuses and permits nothing any more.
#pragma once

#include "daemon/base/time.h"
#include "policy/diagnostic.h"
#include "policy/document.h"

namespace sallyport::policy {

/// Warns of each entry that has expired by `now`. Of a policy without errors.
void check_expiry(const PolicyDocument& document, Timestamp now, Diagnostics& diagnostics);

}  // namespace sallyport::policy
