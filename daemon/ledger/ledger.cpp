#include "daemon/ledger/ledger.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/base/log.h"
#include "daemon/ledger/ledger_schema.h"
#include "daemon/ledger/row.h"

namespace sallyport {
namespace {

constexpr const char* kFilesOfOne[] = {"", "-wal", "-shm"};

std::string insert_sql() {
  std::string marks = "?";
  for (int i = 1; i < kLedgerColumnCount; ++i) marks += ",?";
  return "INSERT INTO transfer (" + std::string(kLedgerColumns) + ") VALUES (" + marks + ")";
}

std::uint64_t inode_of(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0 ? found.st_ino : 0;
}

std::string_view remedy(ErrorCode code) {
  switch (code) {
    case ErrorCode::kResourceExhausted:
      return "make room on its disk, or lower ledger.size_max; it goes on by itself then";
    case ErrorCode::kPermissionDenied:
      return "let the daemon's user write the file and its folder; it goes on by itself then";
    case ErrorCode::kCorrupt:
      return "its disk may be failing: what could be saved is in the file that was moved aside (sqlite3 FILE .recover)";
    case ErrorCode::kNotFound:
    case ErrorCode::kUnavailable:
      return "make its folder, and end other programs that write it; it goes on by itself then";
    default:
      return "check its disk and folder: there may be no room, or a limit on file sizes; it goes on by itself then";
  }
}

std::string compact_time(Timestamp time) {
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(LedgerConfig config) {
  std::unique_ptr<Ledger> ledger(new Ledger(std::move(config)));
  Status connected = ledger->connect();
  if (!connected && connected.error().code == ErrorCode::kCorrupt) {
    ledger->move_aside();
    connected = ledger->connect();
  }
  if (connected) {
    ledger->recovered();
  } else if (connected.error().code == ErrorCode::kInvalidArgument) {
    return fail(ErrorCode::kInvalidArgument, ledger->config_.path + " " + connected.error().message);
  } else {
    ledger->failed(connected.error());
  }
  return ledger;
}

Status Ledger::connect() {
  auto database = Database::open(config_.path, Database::Mode::kWrite);
  if (!database) return tl::unexpected(database.error());
  if (const Status prepared = prepare_to_write(*database); !prepared) return prepared;
  auto insert = database->prepare(insert_sql());
  if (!insert) return tl::unexpected(insert.error());
  const auto page_bytes = database->number("PRAGMA page_size");
  if (!page_bytes) return tl::unexpected(page_bytes.error());
  connection_.emplace(Connection{std::move(*database), std::move(*insert), inode_of(config_.path), *page_bytes});
  return measure();
}

/// Somebody may have moved or removed the file: what is written into it then is lost.
bool Ledger::is_there() const {
  return connection_ && inode_of(config_.path) == connection_->inode;
}

void Ledger::keep(std::span<const Event> events) {
  if (events.empty()) return;
  if (const Status kept = append(events); !kept) {
    stats_.lost.add(events.size());
    return failed(kept.error());
  }
  stats_.rows.add(events.size());
  recovered();
}

Status Ledger::append(std::span<const Event> events) {
  if (!is_there()) {
    connection_.reset();
    if (const Status connected = connect(); !connected) return connected;
  }
  Status done = connection_->database.execute("BEGIN IMMEDIATE");
  if (done) done = insert_all(events);
  if (done) done = connection_->database.execute("COMMIT");
  if (!done) (void)connection_->database.execute("ROLLBACK");
  return done;
}

Status Ledger::insert_all(std::span<const Event> events) {
  for (const Event& event : events) {
    const RowTexts texts = texts_of(event);
    bind_row(connection_->insert, event, texts);
    if (const Status done = connection_->insert.run(); !done) return done;
  }
  return {};
}

bool Ledger::tend() {
  if (!is_there()) return false;
  const auto more = prune();
  if (!more) {
    failed(more.error());
    return false;
  }
  if (const Status measured = measure(); !measured) failed(measured.error());
  return *more;
}

Result<bool> Ledger::prune() {
  Database& database = connection_->database;
  bool more = false;
  if (config_.age_max.count() > 0) {
    const Timestamp oldest = config_.clock() - config_.age_max;
    const auto too_old = forget_oldest(oldest.time_since_epoch().count());
    if (!too_old) return too_old;
    more = *too_old;
  }
  if (config_.size_max == 0) return more;
  const auto pages = database.number("PRAGMA page_count");
  if (!pages) return tl::unexpected(pages.error());
  const auto free = database.number("PRAGMA freelist_count");
  if (!free) return tl::unexpected(free.error());
  const auto pages_max = static_cast<std::int64_t>(config_.size_max) / connection_->page_bytes;
  if (*pages - *free > pages_max) {
    const auto too_much = forget_oldest(INT64_MAX);
    if (!too_much) return too_much;
    more = more || *too_much;
  }
  if (const Status given = give_back_pages(*pages, pages_max); !given) return tl::unexpected(given.error());
  return more;
}

/// A part of the oldest rows, where they are older than `before`. True: there may be more of them.
Result<bool> Ledger::forget_oldest(std::int64_t before) {
  Database& database = connection_->database;
  const std::string oldest = "(SELECT id, time FROM transfer WHERE time < " + std::to_string(before) +
                             " ORDER BY time, id LIMIT " + std::to_string(limits::kLedgerPruneRows) + ")";
  const auto last = database.number("SELECT max(time) FROM " + oldest);
  if (!last) return tl::unexpected(last.error());
  const auto count = database.number("SELECT count(*) FROM " + oldest);
  if (!count) return tl::unexpected(count.error());
  if (*count == 0) return false;
  const std::string sql = "BEGIN IMMEDIATE; UPDATE pruned SET rows = rows + " + std::to_string(*count) +
                          ", until = max(until, " + std::to_string(*last) +
                          "); DELETE FROM transfer WHERE id IN (SELECT id FROM " + oldest + "); COMMIT;";
  if (const Status done = database.execute(sql.c_str()); !done) {
    (void)database.execute("ROLLBACK");
    return tl::unexpected(done.error());
  }
  stats_.pruned.add(static_cast<std::uint64_t>(*count));
  return std::cmp_equal(*count, limits::kLedgerPruneRows);
}

/// Free pages are used again; only what the file is too large by goes back to the file system.
Status Ledger::give_back_pages(std::int64_t pages, std::int64_t pages_max) {
  if (pages <= pages_max) return {};
  const std::string sql = "PRAGMA incremental_vacuum(" + std::to_string(pages - pages_max) + ")";
  return connection_->database.execute(sql.c_str());
}

Status Ledger::measure() {
  Database& database = connection_->database;
  const auto pages = database.number("PRAGMA page_count");
  if (!pages) return tl::unexpected(pages.error());
  const auto first = database.number("SELECT min(time) FROM transfer");
  if (!first) return tl::unexpected(first.error());
  stats_.bytes.set(static_cast<std::uint64_t>(*pages * connection_->page_bytes));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Duration(*first)).count();
  stats_.first_seconds.set(static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 0)));
  return {};
}

void Ledger::failed(const Error& error) {
  const std::string text = error.message + ": " + std::string(remedy(error.code));
  if (error.code == ErrorCode::kCorrupt) move_aside();
  stats_.writable.set(0);
  const std::lock_guard lock(mutex_);
  const bool is_new = problem_.empty();
  problem_ = text;
  if (is_new) log_error("the ledger is not written; events are", {{"path", config_.path}, {"error", text}});
}

void Ledger::recovered() {
  stats_.writable.set(1);
  const std::lock_guard lock(mutex_);
  if (problem_.empty()) return;
  problem_.clear();
  log_notice("the ledger is written again", {{"path", config_.path}, {"rows_lost", stats_.lost.value()}});
}

/// The next batch begins a new file.
void Ledger::move_aside() {
  connection_.reset();
  const std::string aside = config_.path + ".damaged-" + compact_time(config_.clock());
  for (const char* const suffix : kFilesOfOne) {
    (void)std::rename((config_.path + suffix).c_str(), (aside + suffix).c_str());
  }
  stats_.damaged_files.add();
  log_error("the ledger was damaged and is begun anew", {{"path", config_.path}, {"moved_to", aside}});
}

std::string Ledger::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

}  // namespace sallyport
