// The part of a ledger that a command is asked about: its options, and what to say before it is read.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "daemon/ledger/ledger_reader.h"

namespace CLI {
class App;
}

namespace sallyport::cli {

inline constexpr const char* kDefaultLedger = "/var/lib/sallyport/ledger/ledger.db";

/// As written on the command line.
struct LedgerSource {
  std::string path;
  std::string since;
  std::string until;
};

/// --since and --until. `source` lives as long as the command.
void add_range_options(CLI::App& command, LedgerSource& source);
Result<LedgerRange> range_of(const LedgerSource& source);
/// What was forgotten is no part of an answer, and whoever asks has to know: says so on standard error.
void tell_forgotten(LedgerReader& reader, const LedgerRange& range);
/// From so much earlier on: rules that count look back.
LedgerRange with_past(LedgerRange range, Duration past);
/// A row that with_past() has brought.
bool is_before(const LedgerRow& row, const LedgerRange& range);

}  // namespace sallyport::cli
