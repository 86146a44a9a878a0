// What is wrong with contractors, contracts and the rules that heed them, as far as names and times say; the networks
// among them are checker.h's.
#pragma once

#include "policy/diagnostic.h"
#include "policy/document.h"

namespace sallyport::policy {

/// Reports unknown and doubled names, and times that contradict each other. `whole`: nothing is hidden by a fault of
/// syntax, so that what is used nowhere may be told.
void check_contracts(const PolicyDocument& policy, bool whole, Diagnostics& diagnostics);

}  // namespace sallyport::policy
