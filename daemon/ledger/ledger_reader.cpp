#include "daemon/ledger/ledger_reader.h"

#include <unistd.h>

#include <limits>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/ledger/ledger_schema.h"

namespace sallyport {
namespace {

/// A row's place in the order of time.
struct Place {
  std::int64_t time = 0;
  std::int64_t id = 0;
};

std::string select_sql(bool forward) {
  const std::string beyond = forward ? "(time, id) > (?1, ?2) AND time < ?3" : "(time, id) < (?1, ?2) AND time >= ?3";
  const std::string order = forward ? "time, id" : "time DESC, id DESC";
  return "SELECT id, " + std::string(kLedgerColumns) + " FROM transfer WHERE " + beyond + " ORDER BY " + order +
         " LIMIT ?4";
}

std::int64_t number_of(const std::optional<Timestamp>& time, std::int64_t otherwise) {
  return time ? time->time_since_epoch().count() : otherwise;
}

}  // namespace

Result<LedgerReader> LedgerReader::open(const std::string& path) {
  if (::access(path.c_str(), R_OK) != 0) return fail_errno("cannot read the ledger " + path);
  auto database = Database::open(path, Database::Mode::kRead);
  if (!database) return fail(database.error().code, path + ": " + database.error().message);
  LedgerReader reader(path, std::move(*database));
  if (const Status known = check_ledger(reader.database_); !known) return reader.named(known.error());
  return reader;
}

tl::unexpected<Error> LedgerReader::named(const Error& error) const {
  if (error.code == ErrorCode::kInvalidArgument) return fail(error.code, path_ + " " + error.message);
  const char* const remedy = error.code == ErrorCode::kCorrupt ? "; what can be saved of it, sqlite3 " : "";
  const std::string advice = *remedy != '\0' ? remedy + path_ + " .recover gives" : std::string();
  return fail(error.code, path_ + ": " + error.message + advice);
}

Result<LedgerReading> LedgerReader::for_each(const LedgerRange& range, const Visit& visit) {
  return walk(range, true, visit);
}
Result<LedgerReading> LedgerReader::for_each_back(const LedgerRange& range, const Visit& visit) {
  return walk(range, false, visit);
}

Result<LedgerReading> LedgerReader::walk(const LedgerRange& range, bool forward, const Visit& visit) {
  using Limits = std::numeric_limits<std::int64_t>;
  auto select = database_.prepare(select_sql(forward));
  if (!select) return named(select.error());
  const std::int64_t since = number_of(range.since, Limits::min());
  const std::int64_t until = number_of(range.until, Limits::max());
  Place place = forward ? Place{since, Limits::min()} : Place{until, Limits::min()};
  LedgerReading reading;
  LedgerRow row;
  for (std::size_t fetched = limits::kLedgerReadRows; fetched == limits::kLedgerReadRows;) {
    fetched = 0;
    select->bind(1, place.time);
    select->bind(2, place.id);
    select->bind(3, forward ? until : since);
    select->bind(4, static_cast<std::int64_t>(limits::kLedgerReadRows));
    for (auto stepped = select->step();; stepped = select->step()) {
      if (!stepped) return named(stepped.error());
      if (!*stepped) break;
      ++fetched;
      const bool whole = read_row(*select, row);
      place = {select->integer(1), row.id};
      ++(whole ? reading.rows : reading.damaged);
      if (whole && !visit(row)) return reading;
    }
    select->reset();
  }
  return reading;
}

Result<LedgerRow> LedgerReader::find(std::int64_t id) {
  auto select = database_.prepare("SELECT id, " + std::string(kLedgerColumns) + " FROM transfer WHERE id = ?1");
  if (!select) return named(select.error());
  select->bind(1, id);
  const auto stepped = select->step();
  if (!stepped) return named(stepped.error());
  const std::string row = path_ + ": row " + std::to_string(id);
  if (!*stepped) return fail(ErrorCode::kNotFound, row + " is not there; 'sallyport ledger show' lists rows");
  LedgerRow found;
  if (!read_row(*select, found)) return fail(ErrorCode::kCorrupt, row + " is damaged");
  return found;
}

Result<LedgerBeginning> LedgerReader::beginning() {
  auto select = database_.prepare("SELECT rows, until FROM pruned");
  if (!select) return named(select.error());
  const auto row = select->step();
  if (!row) return named(row.error());
  if (!*row) return LedgerBeginning();
  return LedgerBeginning{static_cast<std::uint64_t>(select->integer(0)), Timestamp(Duration(select->integer(1)))};
}

}  // namespace sallyport
