// Warnings about what never applies are held against what rules say of every transfer that there can be.
#include "policy/reach_checker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "policy/loader.h"
#include "tests/unit/policy/drawn_policy.h"

namespace sallyport::policy {
namespace {

/// One bit for each transfer: the rule matches.
std::vector<bool> matches(const Policy& policy) {
  std::vector<bool> all;
  for_each_transfer(
      [&](const Transfer& transfer) { all.push_back(!policy.evaluate(transfer, Findings()).matches.empty()); });
  return all;
}

std::size_t count_of(const LoadResult& result, std::string_view code) {
  const auto has_code = [code](const Diagnostic& diagnostic) { return diagnostic.code == code; };
  return static_cast<std::size_t>(std::count_if(result.diagnostics.begin(), result.diagnostics.end(), has_code));
}

/// What was told of the policies.
struct Told {
  int unreachable_rule = 0;
  int excused_rule = 0;
  int unreachable_exception = 0;
  int shadowed_exception = 0;
};

/// Without its last exception the policy matches the same transfers.
void expect_idle(const Drawn& drawn, const std::vector<bool>& hits) {
  const LoadResult less = load_policy_text(drawn.text(drawn.exceptions.size() - 1), "t");
  ASSERT_NE(less.policy, nullptr);
  EXPECT_EQ(matches(*less.policy), hits) << drawn.text(kNone);
}

void check(const Drawn& drawn, Told& told) {
  const LoadResult result = load_policy_text(drawn.text(kNone), "t");
  ASSERT_NE(result.policy, nullptr) << to_text(result);
  const std::vector<bool> hits = matches(*result.policy);
  const bool never = std::find(hits.begin(), hits.end(), true) == hits.end();
  const bool unreachable = count_of(result, "unreachable-rule") != 0;
  const bool excused = count_of(result, "excused-rule") != 0;
  const bool impossible = count_of(result, "unreachable-exception") != 0 && drawn.exceptions.size() == 1;
  const bool shadowed = count_of(result, "shadowed-exception") != 0 && drawn.exceptions.size() == 2;
  EXPECT_TRUE(never || !(unreachable || excused)) << to_text(result);
  EXPECT_TRUE(unreachable || !never || !drawn.exceptions.empty()) << drawn.text(kNone);
  if (impossible || shadowed) expect_idle(drawn, hits);
  told.unreachable_rule += static_cast<int>(unreachable);
  told.excused_rule += static_cast<int>(excused);
  told.unreachable_exception += static_cast<int>(impossible);
  told.shadowed_exception += static_cast<int>(shadowed);
}

TEST(ReachChecker, WhatIsSaidToBeUselessIs) {
  Dice dice;
  Told told;
  for (std::size_t i = 0; i < 900; ++i) {
    Drawn drawn = dice.policy();
    drawn.exceptions.resize(std::min(drawn.exceptions.size(), i % 3));
    check(drawn, told);
  }
  EXPECT_GT(told.unreachable_rule, 5) << "the policies must be such that something is told of some";
  EXPECT_GT(told.excused_rule, 5);
  EXPECT_GT(told.unreachable_exception, 5);
  EXPECT_GT(told.shadowed_exception, 5);
}

}  // namespace
}  // namespace sallyport::policy
