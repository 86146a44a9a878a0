// What `policy explain` says of changes that would make another verdict.
#pragma once

#include <algorithm>
#include <string>

#include "policy/explanation.h"

namespace sallyport::test {

/// Whether a change of one fact, in these words, would make this of the verdict.
inline bool is_flipped(const policy::Explanation& explanation, Action action, const std::string& words) {
  const auto& changes = explanation.by_facts;
  return std::any_of(changes.begin(), changes.end(),
                     [&](const policy::Change& change) { return change.action == action && change.words == words; });
}

}  // namespace sallyport::test
