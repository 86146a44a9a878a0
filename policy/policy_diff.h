// What changed between two policies, in words: from their normalised texts, so that new sections show by themselves.
#pragma once

#include <string>
#include <vector>

#include "policy/node_diff.h"

namespace sallyport::policy {

/// `before` and `after`: as Policy::text() gives them. Empty: they have the same effect. The order of rules means
/// nothing. Any thread.
std::vector<PolicyChange> diff_policies(const std::string& before, const std::string& after);

struct ComparedPolicy {
  std::string file;
  std::string digest;
};
/// A line for each change and a last one that counts them.
std::string diff_text(const std::vector<PolicyChange>& changes);
/// One JSON object: old, new, same_effect, changes. Ends in a newline.
std::string diff_json(const std::vector<PolicyChange>& changes, const ComparedPolicy& before,
                      const ComparedPolicy& after);

}  // namespace sallyport::policy
