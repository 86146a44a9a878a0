// SQLite as values: the only pair of files that knows it. Callers: ledger, ledger_reader.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/base/bytes.h"
#include "daemon/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace sallyport {

/// One prepared statement. Parameters count from 1, columns from 0. What text() and blob() give is valid until the next
/// step() or reset(). One thread; ends before its Database.
class Statement {
 public:
  void bind(int parameter, std::int64_t value);
  /// An empty text is kept as NULL: it says that nothing is known, and takes no room. Borrowed until reset().
  void bind_text(int parameter, std::string_view text);
  void bind_blob(int parameter, Bytes bytes);

  /// True: there is a row; false: there is none, or no more.
  Result<bool> step();
  /// For a statement that gives no rows: binds are forgotten, and it can run again.
  Status run();
  void reset();

  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  Bytes blob(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  Statement(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}

  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One connection. One thread.
class Database {
 public:
  enum class Mode : std::uint8_t { kRead, kWrite };

  /// kWrite makes the file where it does not exist, readable by its owner and its group. A file that is no database is
  /// ErrorCode::kCorrupt here or at the first statement.
  static Result<Database> open(const std::string& path, Mode mode);

  /// One or more statements without parameters.
  Status execute(const char* sql);
  Result<Statement> prepare(std::string_view sql);
  /// The first column of the first row; zero where there is no row.
  Result<std::int64_t> number(std::string_view sql);
  /// Rows that the last statement changed.
  std::uint64_t changes() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };

  explicit Database(sqlite3* database) : database_(database) {}

  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace sallyport
