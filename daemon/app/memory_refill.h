// What rules have counted, and what they blocked, had again from the ledger: after a restart, and for rules that a
// reload brings.
// Callers: the daemon; replay compares registered sets the same way.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/base/result.h"
#include "daemon/ledger/ledger_reader.h"
#include "daemon/ledger/row.h"
#include "daemon/pipeline/active_policy.h"

namespace sallyport {

struct MemoryRefill {
  std::uint64_t rows = 0;  ///< that were looked at
  std::uint64_t unlooked =
      0;  ///< answers that the rows lack: nobody looked then for what a rule asks; they count nothing
};

/// Counts for every rule that inherited no counts what the ledger holds, as far back as they look before `now`. Takes
/// some 5 us a row. On failure the rules have counted what was read until then.
Result<MemoryRefill> refill_memory(const ActivePolicy& active, const std::string& ledger, Timestamp now);

/// The same of the rows before this one alone: what the rules had counted when it came.
Result<MemoryRefill> refill_memory_before(const ActivePolicy& active, LedgerReader& reader, const LedgerRow& row);

/// refill_memory(), told in the log. `ledger` empty: there is none, and what rules that count had counted is lost.
void refill_and_tell(const ActivePolicy& active, const std::string& ledger, Timestamp now);

/// The findings of a row under this policy: registered sets are compared anew, by the digests and PDQ hashes in the
/// row.
Findings compared_anew(const ActivePolicy& active, const LedgerRow& row);

}  // namespace sallyport
