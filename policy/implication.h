// Which conditions follow from others, whatever the transfer: what contradicts itself or is covered already.
#pragma once

#include <cstddef>
#include <vector>

#include "policy/condition.h"

namespace sallyport::policy {

/// Compares compiled conditions. One thread; lives for one look at a policy.
class Implication {
 public:
  /// Whether each transfer that fits `a` fits `b`. False also where that cannot be said, and once the budget is spent.
  bool implies(const Condition& a, const Condition& b);
  /// The same where all of `parts` fit, but for the one at `without`.
  bool imply(const std::vector<const Condition*>& parts, const Condition& b, const Condition* without = nullptr);

 private:
  /// Comparisons for one policy: a person's policy takes some thousands; a nested one could take forever.
  static constexpr std::size_t kStepsMax = 1'000'000;

  bool group_implies(const GroupTest& a, const Condition& b);
  bool implies_group(const Condition& a, const GroupTest& b);

  std::size_t steps_ = 0;
};

/// Without `*` and `?`: it stands for one name only.
bool is_exact(const Glob& glob);

}  // namespace sallyport::policy
