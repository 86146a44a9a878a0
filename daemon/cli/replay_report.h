// What a replay found, for people and for programs.
#pragma once

#include <string>

#include "daemon/cli/replay.h"
#include "daemon/ledger/ledger_reader.h"

namespace sallyport::cli {

/// What the numbers are about.
struct ReplaySubject {
  std::string now;            ///< "new.yaml (sha256 1234abcd)"
  std::string then;           ///< the same, or "what was recorded"
  std::uint64_t damaged = 0;  ///< rows that could not be understood
};

std::string replay_text(const ReplayResult& result, const ReplaySubject& subject);
/// One object on several lines.
std::string replay_json(const ReplayResult& result, const ReplaySubject& subject);

}  // namespace sallyport::cli
