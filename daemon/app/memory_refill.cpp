#include "daemon/app/memory_refill.h"

#include <algorithm>
#include <optional>

#include "daemon/base/log.h"
#include "daemon/ledger/ledger_reader.h"

namespace sallyport {
namespace {

/// A transfer counts from its last byte on, its row has the time of its verdict: the longest hold is far shorter.
constexpr std::chrono::hours kVerdictLater{1};

std::string names_of(const std::vector<std::string>& rules) {
  std::string names;
  for (const std::string& rule : rules) names += (names.empty() ? "" : ", ") + rule;
  return names;
}

/// An exact copy was answered without looking at the image: about near copies the row knows nothing.
bool was_cut_short(const Findings& findings) {
  const auto is_exact = [](const FingerprintMatch& match) { return match.exact; };
  return !findings.pdq && findings.parts.empty() &&
         std::any_of(findings.matches.begin(), findings.matches.end(), is_exact);
}

}  // namespace

Findings compared_anew(const ActivePolicy& active, const LedgerRow& row) {
  Findings findings = row.event.findings;
  active.cameras.forget_others(findings);
  if (active.fingerprints.empty() && findings.matches.empty()) return findings;
  if (was_cut_short(findings)) findings.looked_for &= ~bit(FindingKind::kFingerprint);
  active.fingerprints.match_all(row.event.transfer.sha256.value_or(Sha256Digest{}), findings);
  return findings;
}

namespace {

/// Of the rows that are young enough at `now`, up to the one numbered `end`.
Result<MemoryRefill> refill_from(const ActivePolicy& active, LedgerReader& reader, Timestamp now,
                                 std::optional<std::int64_t> end) {
  MemoryRefill refill;
  const LedgerRange range{now - active.memory->past_wanted() - kVerdictLater, {}};
  const auto reading = reader.for_each(range, [&](const LedgerRow& row) {
    if (row.id == end) return false;
    ++refill.rows;
    active.memory->refill_blocks(row.event.verdict, row.event.transfer.last_seen);
    refill.unlooked += active.policy->refill(row.event.transfer, compared_anew(active, row), *active.memory);
    return true;
  });
  if (!reading) return tl::unexpected(reading.error());
  return refill;
}

}  // namespace

Result<MemoryRefill> refill_memory(const ActivePolicy& active, const std::string& ledger, Timestamp now) {
  if (active.memory->past_wanted() == Duration(0)) return MemoryRefill();
  auto reader = LedgerReader::open(ledger);
  if (!reader) return tl::unexpected(reader.error());
  return refill_from(active, *reader, now, std::nullopt);
}

Result<MemoryRefill> refill_memory_before(const ActivePolicy& active, LedgerReader& reader, const LedgerRow& row) {
  if (active.memory->past_wanted() == Duration(0)) return MemoryRefill();
  return refill_from(active, reader, row.event.time, row.id);
}

void refill_and_tell(const ActivePolicy& active, const std::string& ledger, Timestamp now) {
  const std::vector<std::string> rules = active.memory->uninherited();
  if (active.memory->past_wanted() == Duration(0)) return;
  if (ledger.empty()) {
    if (rules.empty()) return;
    return log_warning("rules that count begin at nothing: there is no ledger", {{"rules", names_of(rules)}});
  }
  const auto refill = refill_memory(active, ledger, now);
  if (!refill) {
    return log_error("rules that count may lack what passed before: the ledger cannot be read",
                     {{"rules", names_of(rules)}, {"reason", refill.error().message}});
  }
  log_notice("rules that count go on from the ledger",
             {{"rules", names_of(rules)}, {"transfers", refill->rows}, {"not_looked_at_then", refill->unlooked}});
}

}  // namespace sallyport
