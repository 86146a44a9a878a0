// A rule that blocks too much is demoted, says so, and stays demoted until it is armed again.
#include "policy/breaker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/loader.h"
#include "policy/memory.h"

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{std::chrono::hours(24 * 365 * 50)};

TEST(Breaker, TripsAtTheBlockThatIsOneTooMany) {
  Breaker breaker({2, 1h});
  EXPECT_FALSE(breaker.note_block(kStart));
  EXPECT_FALSE(breaker.note_block(kStart + 1min));
  EXPECT_EQ(breaker.demoted_since(), std::nullopt);
  EXPECT_TRUE(breaker.note_block(kStart + 2min));
  EXPECT_EQ(breaker.demoted_since(), kStart + 2min);
  EXPECT_FALSE(breaker.note_block(kStart + 3min)) << "told once";
}

TEST(Breaker, BlocksThatAreOldDoNotCount) {
  Breaker breaker({2, 1h});
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(breaker.note_block(kStart + i * 30min)) << i;
  EXPECT_TRUE(breaker.note_block(kStart + 99 * 30min + 1s));
}

TEST(Breaker, ArmedAgainItBeginsAnew) {
  Breaker breaker({1, 1h});
  EXPECT_FALSE(breaker.rearm());
  breaker.note_block(kStart);
  EXPECT_TRUE(breaker.note_block(kStart));
  EXPECT_TRUE(breaker.rearm());
  EXPECT_EQ(breaker.demoted_since(), std::nullopt);
  EXPECT_FALSE(breaker.note_block(kStart));
}

class Guarded : public testing::Test {
 protected:
  static std::shared_ptr<const Policy> load(const std::string& rest) {
    const LoadResult loaded = load_policy_text("version: 1\nname: t\n" + rest, "test.yaml");
    EXPECT_NE(loaded.policy, nullptr) << to_text(loaded);
    return loaded.policy;
  }
  void use(const std::string& rest) {
    policy = load(rest);
    memory = policy->new_memory();
    memory->on_trip([this](const DemotedRule& demoted) { shouted.push_back(demoted.rule); });
  }
  Verdict send() {
    Transfer transfer;
    transfer.facts.host = "drop.example";
    transfer.ended = true;
    transfer.last_seen = now += 1s;
    return policy->conclude(transfer, {}, *memory);
  }
  std::vector<Action> actions(int times) {
    std::vector<Action> all;
    for (int i = 0; i < times; ++i) all.push_back(send().action);
    return all;
  }

  std::shared_ptr<const Policy> policy;
  std::shared_ptr<Memory> memory;
  std::vector<std::string> shouted;
  Timestamp now = kStart;
};

const std::string kRule =
    "rules:\n  - {name: drops, state: block, when: {hosts: [drop.example]}, breaker: {blocks: 2}}\n";
constexpr Action kBlock = Action::kBlock;
constexpr Action kAlert = Action::kAlert;

TEST_F(Guarded, AlertsFromThenOn) {
  use(kRule);
  EXPECT_EQ(actions(2), (std::vector{kBlock, kBlock}));
  EXPECT_THAT(shouted, testing::IsEmpty());
  EXPECT_THAT(send().matches[0].reason,
              testing::EndsWith("its breaker {blocks: 2, within: 1h} trips: from now on it only alerts"));
  EXPECT_THAT(shouted, testing::ElementsAre("drops"));
  const Verdict demoted = send();
  EXPECT_EQ(demoted.action, kAlert);
  EXPECT_THAT(
      demoted.matches[0].reason,
      testing::StartsWith("demoted from block to alert, for its breaker {blocks: 2, within: 1h} has tripped; hosts"));
  EXPECT_EQ(memory->demoted()[0].since, now - 1s);
  EXPECT_EQ(memory->trips(), 1U);
  now += 24h;
  EXPECT_EQ(send().action, kAlert) << "until somebody arms it again";
  EXPECT_EQ(memory->rearm("drops"), true);
  EXPECT_EQ(actions(4), (std::vector{kBlock, kBlock, kBlock, kAlert}));
}

TEST_F(Guarded, WhatADemotedRuleAsksForIsNotWithheld) {
  use(kRule);
  Transfer begun;
  begun.facts.host = "drop.example";
  EXPECT_TRUE(policy->demand(begun, *memory).may_block);
  actions(3);
  EXPECT_FALSE(policy->demand(begun, *memory).may_block);
  EXPECT_TRUE(policy->demand(begun).may_block);
  memory->rearm("drops");
  EXPECT_TRUE(policy->demand(begun, *memory).may_block);
}

TEST_F(Guarded, AskingTripsNothing) {
  use(kRule);
  Transfer transfer;
  transfer.facts.host = "drop.example";
  transfer.ended = true;
  transfer.last_seen = now;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(policy->evaluate(transfer, {}, *memory).action, kBlock);
}

TEST_F(Guarded, TheDefaultIsForEveryRuleThatBlocks) {
  use("defaults: {breaker: {blocks: 1}}\n"
      "rules:\n  - {name: drops, state: block}\n  - {name: own, state: block, breaker: {blocks: 0}, when: {hosts: "
      "[x]}}\n"
      "  - {name: tells, state: alert}\n");
  EXPECT_THAT(memory->guarded(), testing::ElementsAre("drops"));
  EXPECT_EQ(actions(3), (std::vector{kBlock, kBlock, kAlert}));
  EXPECT_EQ(memory->rearm("own"), std::nullopt);
}

TEST_F(Guarded, ARuleThatIsTheSameStaysDemotedOverAReload) {
  use(kRule);
  actions(4);
  const auto before = memory;
  const auto old = policy;
  use(kRule + "  - {name: other, state: alert, when: {hosts: [y]}}\n");
  memory->inherit(*before);
  EXPECT_EQ(send().action, kAlert);
  use("rules:\n  - {name: drops, state: block, when: {hosts: [drop.example]}, breaker: {blocks: 3}}\n");
  memory->inherit(*before);
  EXPECT_EQ(send().action, kBlock) << "another breaker is another rule";
}

TEST_F(Guarded, TestsOfAPolicySeeIt) {
  const std::string text = "version: 1\nname: t\nnetworks: {a: {cidrs: [10.0.0.0/8]}}\n" + kRule;
  const LoadResult printed = load_policy_text(load_policy_text(text, "a").policy->text(), "b");
  ASSERT_NE(printed.policy, nullptr);
  EXPECT_THAT(printed.policy->text(), testing::HasSubstr("breaker: {blocks: 2, within: 1h}"));
}

}  // namespace
}  // namespace sallyport::policy
