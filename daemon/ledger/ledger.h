// The ledger of transfers, as the daemon writes it: one row for each that came to a verdict. Caller: event_writer,
// before it writes the events of a batch.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "daemon/base/counter.h"
#include "daemon/base/result.h"
#include "daemon/contract/event.h"
#include "daemon/ledger/database.h"

namespace sallyport {

struct LedgerConfig {
  std::string path;
  std::chrono::milliseconds age_max{0};  ///< rows are forgotten so long after their verdict; zero: never
  std::uint64_t size_max = 0;            ///< bytes of the file, without its -wal; zero: without end
  std::function<Timestamp()> clock;      ///< wall clock, for age_max
};

struct LedgerStats {
  Counter rows;           ///< kept
  Counter lost;           ///< could not be kept
  Counter pruned;         ///< forgotten for age or size
  Counter damaged_files;  ///< moved aside
  Counter writable;       ///< gauge: 1 or 0
  Counter bytes;          ///< gauge: size of the file
  Counter first_seconds;  ///< gauge: time of the oldest row, seconds since 1970; 0 while there is none
};

/// One thread writes; stats() and problem() from any. Where the file cannot be written (disk full, read-only) nothing
/// waits and nothing stops: rows are counted as lost, the log says so once, and each later batch tries again. A damaged
/// file is moved aside and a new one begun. A batch is one transaction, on the disk when keep() returns (WAL,
/// synchronous=FULL): it survives the end of the process and of the power.
class Ledger : public EventKeeper {
 public:
  /// Fails only where it could never work: a ledger of a newer version, or a file that is none (kInvalidArgument).
  static Result<std::unique_ptr<Ledger>> open(LedgerConfig config);

  void keep(std::span<const Event> events) override;
  bool tend() override;

  const LedgerStats& stats() const { return stats_; }
  const std::string& path() const { return config_.path; }
  /// Why rows are lost now, and what to do about it; empty while they are kept.
  std::string problem() const;

 private:
  struct Connection {
    Database database;
    Statement insert;  // goes before the database
    std::uint64_t inode = 0;
    std::int64_t page_bytes = 0;
  };

  explicit Ledger(LedgerConfig config) : config_(std::move(config)) {}

  Status connect();
  bool is_there() const;
  Status append(std::span<const Event> events);
  Status insert_all(std::span<const Event> events);
  Result<bool> prune();
  Result<bool> forget_oldest(std::int64_t before);
  Status give_back_pages(std::int64_t pages, std::int64_t pages_max);
  Status measure();
  void failed(const Error& error);
  void recovered();
  void move_aside();

  const LedgerConfig config_;
  std::optional<Connection> connection_;
  LedgerStats stats_;
  mutable std::mutex mutex_;
  std::string problem_;  // guarded by mutex_
};

}  // namespace sallyport
