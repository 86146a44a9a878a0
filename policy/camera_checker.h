// What is wrong with cameras: and the conditions that speak of them.
#pragma once

#include "policy/diagnostic.h"
#include "policy/document.h"

namespace sallyport::policy {

/// Reports unknown names, and more overlays than a worker looks for. `whole`: nothing is hidden by a fault of syntax,
/// so that what is used nowhere may be told.
void check_cameras(const PolicyDocument& policy, bool whole, Diagnostics& diagnostics);

}  // namespace sallyport::policy
