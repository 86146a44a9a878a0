// The ledger, read: by the sallyport command beside a daemon that writes, and by whoever wants to know what has been.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "daemon/base/result.h"
#include "daemon/ledger/database.h"
#include "daemon/ledger/row.h"

namespace sallyport {

/// By the time of the verdict. Nothing: without end.
struct LedgerRange {
  std::optional<Timestamp> since;  ///< this and later
  std::optional<Timestamp> until;  ///< earlier than this
};

struct LedgerReading {
  std::uint64_t rows = 0;     ///< handed out
  std::uint64_t damaged = 0;  ///< could not be understood, and were left out
};

/// What a ledger no longer has.
struct LedgerBeginning {
  std::uint64_t pruned_rows = 0;
  Timestamp pruned_until{};  ///< rows of this time and before may be gone; meaningless where none was pruned
};

/// Read-only, and never in the writer's way: rows are fetched some thousand at a time, so what is written meanwhile may
/// or may not come too. One thread.
class LedgerReader {
 public:
  /// False: enough.
  using Visit = std::function<bool(const LedgerRow&)>;

  /// ErrorCode::kInvalidArgument: not a ledger, or one of a newer version; kCorrupt: damaged. The message names the
  /// file.
  static Result<LedgerReader> open(const std::string& path);

  /// In the order of the verdicts, oldest first: what windows over time want.
  Result<LedgerReading> for_each(const LedgerRange& range, const Visit& visit);
  /// Newest first.
  Result<LedgerReading> for_each_back(const LedgerRange& range, const Visit& visit);
  /// The row with this number. ErrorCode::kNotFound: there is none, or no more; kCorrupt: it is damaged.
  Result<LedgerRow> find(std::int64_t id);
  Result<LedgerBeginning> beginning();

 private:
  LedgerReader(std::string path, Database database) : path_(std::move(path)), database_(std::move(database)) {}

  Result<LedgerReading> walk(const LedgerRange& range, bool forward, const Visit& visit);
  tl::unexpected<Error> named(const Error& error) const;

  std::string path_;
  Database database_;
};

}  // namespace sallyport
