#include "daemon/ledger/ledger_schema.h"

#include <string>

namespace sallyport {
namespace {

/// "SPLG": told apart from any other SQLite file (PRAGMA application_id).
constexpr std::int64_t kApplicationId = 0x53504C47;

/// auto_vacuum works only where it is set before the first table.
constexpr const char* kConnection = R"(
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA journal_size_limit = 16777216;
PRAGMA temp_store = MEMORY;
)";

constexpr const char* kTables = R"(
BEGIN IMMEDIATE;
CREATE TABLE transfer (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  begun INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  protocol TEXT NOT NULL,
  sender TEXT NOT NULL,
  sender_port INTEGER NOT NULL,
  receiver TEXT NOT NULL,
  receiver_port INTEGER NOT NULL,
  upload INTEGER NOT NULL,
  host TEXT, path TEXT, share TEXT, user TEXT, file_name TEXT,
  content TEXT NOT NULL,
  size INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  missing INTEGER NOT NULL,
  sha256 BLOB,
  not_inspected TEXT,
  action TEXT NOT NULL,
  severity TEXT NOT NULL,
  disposition TEXT NOT NULL,
  rules TEXT,
  shadow_rules TEXT,
  policy BLOB,
  event BLOB,
  told INTEGER NOT NULL,
  detail BLOB NOT NULL
);
CREATE INDEX transfer_time ON transfer (time);
CREATE TABLE pruned (id INTEGER PRIMARY KEY CHECK (id = 1), rows INTEGER NOT NULL, until INTEGER NOT NULL);
INSERT INTO pruned VALUES (1, 0, 0);
CREATE VIEW transfers AS SELECT
  id,
  strftime('%Y-%m-%dT%H:%M:%SZ', time / 1000000000, 'unixepoch') AS time,
  protocol, sender, sender_port, receiver, receiver_port, CASE upload WHEN 1 THEN 'upload' ELSE 'download' END AS direction,
  host, path, share, user, file_name, content, size, delivered, missing, lower(hex(sha256)) AS sha256,
  not_inspected, action, severity, disposition, rules, shadow_rules,
  lower(hex(policy)) AS policy, lower(hex(event)) AS event, told
FROM transfer;
PRAGMA application_id = 1397771335;
PRAGMA user_version = 1;
COMMIT;
)";
static_assert(kApplicationId == 1397771335 && kLedgerVersion == 1, "written out in kTables");

Status check_kind(std::int64_t application, std::int64_t version) {
  if (application != kApplicationId) {
    return fail(ErrorCode::kInvalidArgument, "is an SQLite database, but no ledger of Sallyport: name another file");
  }
  if (version > kLedgerVersion) {
    return fail(ErrorCode::kInvalidArgument,
                "is a ledger of version " + std::to_string(version) + ", and this program knows versions up to " +
                    std::to_string(kLedgerVersion) + ": use the newer program, or name another file");
  }
  return {};
}

}  // namespace

Status check_ledger(Database& database) {
  const auto application = database.number("PRAGMA application_id");
  if (!application) return tl::unexpected(application.error());
  const auto version = database.number("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  return check_kind(*application, *version);
}

Status prepare_to_write(Database& database) {
  const auto tables = database.number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tl::unexpected(tables.error());
  if (*tables > 0) {
    if (const Status known = check_ledger(database); !known) return known;
  }
  if (const Status set = database.execute(kConnection); !set) return set;
  return *tables > 0 ? Status() : database.execute(kTables);
}

}  // namespace sallyport
