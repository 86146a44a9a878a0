// A row of the ledger as JSON, all fields of it: for `ledger show` and `policy replay`.
#pragma once

#include <nlohmann/json.hpp>

#include "daemon/ledger/row.h"

namespace sallyport::cli {

/// Times in UTC (RFC 3339, seconds) beside nanoseconds since 1970; words as in policies and events. docs/ledger.md.
nlohmann::ordered_json row_to_json(const LedgerRow& row);

}  // namespace sallyport::cli
