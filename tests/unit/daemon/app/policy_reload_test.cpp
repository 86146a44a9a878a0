#include "daemon/app/policy_reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/app/policy_loading.h"

namespace sallyport {
namespace {

using testing::HasSubstr;

constexpr const char* kGood = "version: 1\nname: agency\nrules:\n  - {name: all, state: alert}\n";
constexpr const char* kOther = "version: 1\nname: other\nrules:\n  - {name: all, state: shadow}\n";
constexpr const char* kBad = "version: 1\nname: agency\nruels: []\n";

class Reload : public testing::Test {
 protected:
  PolicyLoad load() const { return load_active_policy_text(text, "policy.yaml"); }

  std::string text = kGood;
  Timestamp now{std::chrono::seconds(1000)};
  std::vector<std::string> swapped;
  PolicyHolder holder{[this] { return load(); }, [this] { return now; },
                      [this](std::shared_ptr<const ActivePolicy> active) { swapped.push_back(active->policy->name()); }};
};

TEST_F(Reload, NothingIsInForceBeforeTheFirstLoad) {
  EXPECT_EQ(holder.current(), nullptr);
  EXPECT_EQ(holder.status_line(), "no policy in force");
}

TEST_F(Reload, SwapsWhole) {
  ASSERT_TRUE(holder.reload().loaded);
  const auto first = holder.current();
  text = kOther;
  now += std::chrono::seconds(5);
  const ReloadOutcome outcome = holder.reload();
  EXPECT_TRUE(outcome.loaded);
  EXPECT_EQ(first->policy->name(), "agency") << "whoever holds the old one keeps it";
  EXPECT_EQ(holder.current()->policy->name(), "other");
  EXPECT_EQ(outcome.policy.digest, holder.current()->policy->digest());
  EXPECT_EQ(outcome.policy.replaced, first->policy->digest());
  EXPECT_EQ(outcome.policy.since, now);
  EXPECT_EQ(outcome.policy.rules, 1U);
  EXPECT_EQ(swapped, (std::vector<std::string>{"agency", "other"}));
  EXPECT_EQ(holder.stats().reloads.value(), 2U);
  EXPECT_EQ(holder.stats().loaded_seconds.value(), 1005U);
}

TEST_F(Reload, BadPolicyLeavesTheOldInForceAndSaysSo) {
  ASSERT_TRUE(holder.reload().loaded);
  const auto before = holder.current();
  text = kBad;
  now += std::chrono::seconds(5);
  const ReloadOutcome outcome = holder.reload();
  EXPECT_FALSE(outcome.loaded);
  EXPECT_FALSE(outcome.diagnostics.empty());
  EXPECT_EQ(holder.current(), before);
  EXPECT_EQ(outcome.policy.digest, before->policy->digest());
  EXPECT_EQ(outcome.policy.since, Timestamp(std::chrono::seconds(1000)));
  EXPECT_EQ(outcome.policy.reload_failures, 1U);
  EXPECT_EQ(holder.stats().failures.value(), 1U);
  EXPECT_EQ(holder.stats().last_successful.value(), 0U);
  EXPECT_THAT(holder.status_line(), HasSubstr("policy agency (sha256 " + before->policy->digest().substr(0, 8) + "), 1 rules"));
  EXPECT_THAT(holder.status_line(), HasSubstr("last load failed: 1 error"));
  text = kGood;
  EXPECT_TRUE(holder.reload().loaded);
  EXPECT_EQ(holder.status().last_error, "");
  EXPECT_EQ(holder.stats().last_successful.value(), 1U);
}

TEST_F(Reload, FirstLoadCanFailToo) {
  text = kBad;
  EXPECT_FALSE(holder.reload().loaded);
  EXPECT_EQ(holder.current(), nullptr);
  EXPECT_TRUE(swapped.empty());
}

}  // namespace
}  // namespace sallyport
