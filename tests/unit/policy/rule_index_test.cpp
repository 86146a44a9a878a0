// The index is held against the rules themselves, for every transfer that there can be.
#include "policy/rule_index.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "policy/ask.h"
#include "policy/loader.h"
#include "tests/unit/policy/drawn_policy.h"

namespace sallyport::policy {
namespace {

constexpr std::size_t kRules = 150;  // three words of bits

std::shared_ptr<const Policy> policy_of_many_rules(Dice& dice) {
  std::string text = kHead;
  for (std::size_t i = 0; i < kRules; ++i) {
    text += "  - {name: r" + std::to_string(i) + ", state: alert" + dice.ends() + "}\n";
  }
  const LoadResult result = load_policy_text(text, "t");
  EXPECT_NE(result.policy, nullptr) << to_text(result);
  return result.policy;
}

std::vector<std::size_t> numbers(const RuleSet& rules) {
  std::vector<std::size_t> all;
  rules.for_each([&](std::size_t rule) { all.push_back(rule); });
  return all;
}

/// The rules that are not ruled out, asked one by one.
std::vector<std::size_t> possible(const CompiledPolicy& policy, const Known& known) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < policy.rules.size(); ++i) {
    if (ask(policy.rules[i], known).truth != Truth::kNo) all.push_back(i);
  }
  return all;
}

struct Checked {
  std::size_t needless = 0;
  std::size_t needed = 0;
};

void check(const CompiledPolicy& policy, const Known& known, Checked& checked) {
  const auto candidates = numbers(known.candidates());
  const auto needed = possible(policy, known);
  ASSERT_TRUE(std::includes(candidates.begin(), candidates.end(), needed.begin(), needed.end()));
  const bool has_host = known.sender().by_host.any() || known.receiver().by_host.any() || known.sender().open.any() ||
                        known.receiver().open.any();
  ASSERT_TRUE(has_host || candidates == needed) << "of addresses alone it knows all";
  checked.needless += candidates.size() - needed.size();
  checked.needed += needed.size();
}

TEST(RuleIndex, LeavesOutWhatCannotMatchAndNothingElse) {
  Dice dice;
  const auto policy = policy_of_many_rules(dice);
  Checked checked;
  for_each_transfer([&](Transfer transfer) {
    const Findings findings;
    check(policy->compiled(), Known(policy->compiled(), transfer, &findings), checked);
    transfer.ended = false;
    check(policy->compiled(), Known(policy->compiled(), transfer, nullptr), checked);
    transfer.facts.opaque = NotInspected::kEncrypted;
    check(policy->compiled(), Known(policy->compiled(), transfer, &findings), checked);
  });
  EXPECT_GT(checked.needed, 0U);
  EXPECT_LT(checked.needless, checked.needed / 10);
}

TEST(RuleIndex, ThatWouldBeTooLargeIsNotMade) {
  std::string text = kHead;
  for (std::size_t i = 0; i < 65; ++i) text += "  - {name: r" + std::to_string(i) + ", state: alert, to: [far]}\n";
  const auto policy = load_policy_text(text, "t").policy;
  EXPECT_EQ(numbers(RuleIndex(policy->compiled(), 65 * 6).candidates({}, {})).size(), 65U);
  EXPECT_EQ(numbers(RuleIndex(policy->compiled(), 1U << 20U).candidates({}, {})).size(), 0U);
  EXPECT_EQ(numbers(policy->compiled().index.all()).back(), 64U);
}

}  // namespace
}  // namespace sallyport::policy
