#include "daemon/cli/ledger_source.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <utility>

#include "daemon/cli/time_text.h"

namespace sallyport::cli {

void add_range_options(CLI::App& command, LedgerSource& source) {
  command.add_option("--since", source.since, "2026-11-29, 2026-11-29T05:40:20Z, or 2h or 7d ago");
  command.add_option("--until", source.until, "the same");
}

Result<LedgerRange> range_of(const LedgerSource& source) {
  LedgerRange range;
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  for (const auto& [text, to] : {std::pair{&source.since, &range.since}, std::pair{&source.until, &range.until}}) {
    if (text->empty()) continue;
    const auto time = parse_time(*text, now);
    if (!time) return tl::unexpected(time.error());
    *to = *time;
  }
  return range;
}

void tell_forgotten(LedgerReader& reader, const LedgerRange& range) {
  const auto beginning = reader.beginning();
  if (!beginning || beginning->pruned_rows == 0) return;
  if (range.since && *range.since > beginning->pruned_until) return;
  std::fprintf(stderr, "sallyport: the ledger has forgotten %llu transfers up to %s\n",
               static_cast<unsigned long long>(beginning->pruned_rows), time_text(beginning->pruned_until).c_str());
}

LedgerRange with_past(LedgerRange range, Duration past) {
  if (range.since) *range.since -= past;
  return range;
}

bool is_before(const LedgerRow& row, const LedgerRange& range) {
  return range.since && row.event.time < *range.since;
}

}  // namespace sallyport::cli
