// Tables of the ledger: made once, checked at each opening. docs/ledger.md tells people of the columns.
#pragma once

#include <string_view>

#include "daemon/base/result.h"
#include "daemon/ledger/database.h"

namespace sallyport {

/// Counts up when an older reader could misread what a newer daemon writes. Kept in PRAGMA user_version.
inline constexpr int kLedgerVersion = 1;

/// Columns of a row but for its number, in the order in which bind_row() binds and read_row() reads them.
inline constexpr std::string_view kLedgerColumns =
    "time, begun, last_seen, protocol, sender, sender_port, receiver, receiver_port, upload, host, path, share, user, "
    "file_name, content, size, delivered, missing, sha256, not_inspected, action, severity, disposition, rules, "
    "shadow_rules, policy, event, told, detail";
inline constexpr int kLedgerColumnCount = 29;

/// Makes the tables in an empty file, and prepares the connection for writing. ErrorCode::kInvalidArgument: a ledger of
/// a newer version, or something else than a ledger; kCorrupt: damaged.
Status prepare_to_write(Database& database);
/// The same checks for a reader.
Status check_ledger(Database& database);

}  // namespace sallyport
