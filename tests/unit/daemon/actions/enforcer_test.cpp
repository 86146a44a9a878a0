#include "daemon/actions/enforcer.h"

#include <gtest/gtest.h>

#include "tests/support/fake_flow_control.h"

namespace sallyport {
namespace {

class EnforcerTest : public ::testing::Test {
 protected:
  EnforcerTest() {
    flow_.id = FlowId{7};
    flow_.client = {*IpAddress::parse("192.0.2.1"), 40000};
    flow_.server = {*IpAddress::parse("192.0.2.2"), 80};
    transfer_.ended = true;
  }
  Disposition enforce(Action action, bool tail_withheld) {
    Verdict verdict;
    verdict.action = action;
    const EnforcedFlow enforced[] = {{&flow_, {{1, 2}, {true, true}}, tail_withheld}};
    return enforcer_.enforce(verdict, transfer_, enforced);
  }

  Flow flow_;
  Transfer transfer_;
  test::FakeFlowControl control_;
  Enforcer enforcer_{control_, {.segment_bytes = 1448, .count = 2}};
};

TEST_F(EnforcerTest, AllowAndAlertTouchNoFlow) {
  EXPECT_EQ(enforce(Action::kAllow, true), Disposition::kAllowed);
  EXPECT_EQ(enforce(Action::kAlert, true), Disposition::kAlerted);
  EXPECT_EQ(control_.take_log(), "");
  EXPECT_EQ(enforcer_.stats().allowed.value(), 1U);
  EXPECT_EQ(enforcer_.stats().alerted.value(), 1U);
}

TEST_F(EnforcerTest, InlineDropsBeforeItResets) {
  EXPECT_EQ(enforce(Action::kBlock, true), Disposition::kBlocked);
  EXPECT_EQ(control_.take_log(), "drop 7\ninject 40\ninject 40\n");
  EXPECT_EQ(enforcer_.stats().blocked.value(), 1U);
  EXPECT_EQ(enforcer_.stats().resets_injected.value(), 2U);
}

TEST_F(EnforcerTest, DeliveredObjectIsTooLateButTheFlowIsCut) {
  EXPECT_EQ(enforce(Action::kBlock, false), Disposition::kBlockTooLate);
  EXPECT_EQ(control_.take_log(), "drop 7\ninject 40\ninject 40\n");
}

TEST_F(EnforcerTest, AnnouncedBytesThatHaveNotComeAreWithheldByTheDrop) {
  transfer_.ended = false;
  transfer_.facts.declared_size = 100;
  transfer_.account.seen = 90;
  EXPECT_EQ(enforce(Action::kBlock, false), Disposition::kBlocked);
  transfer_.account.missing_bytes = 10;
  EXPECT_EQ(enforce(Action::kBlock, false), Disposition::kBlockTooLate) << "a hole may have passed unseen";
  transfer_.account.missing_bytes = 0;
  transfer_.ended = true;
  EXPECT_EQ(enforce(Action::kBlock, false), Disposition::kBlockTooLate);
}

TEST_F(EnforcerTest, FailedInjectionStillBlocksInline) {
  control_.injects = false;
  EXPECT_EQ(enforce(Action::kBlock, true), Disposition::kBlocked);
  EXPECT_EQ(enforcer_.stats().inject_failures.value(), 2U);
}

TEST_F(EnforcerTest, InlineWithoutInjectionOnlyDrops) {
  control_.able.can_inject = false;
  EXPECT_EQ(enforce(Action::kBlock, true), Disposition::kBlocked);
  EXPECT_EQ(control_.take_log(), "drop 7\n");
}

TEST_F(EnforcerTest, TapOnlyAttempts) {
  control_.able.can_drop = false;
  EXPECT_EQ(enforce(Action::kBlock, true), Disposition::kResetAttempted);
  EXPECT_EQ(control_.take_log(), "inject 40\ninject 40\ninject 40\ninject 40\n");
  control_.injects = false;
  EXPECT_EQ(enforce(Action::kBlock, true), Disposition::kAlerted) << "no reset left";
  EXPECT_EQ(enforcer_.stats().blocks_not_possible.value(), 1U);
}

TEST_F(EnforcerTest, ObserverAlerts) {
  control_.able.can_drop = control_.able.can_inject = false;
  EXPECT_EQ(enforce(Action::kBlock, true), Disposition::kAlerted);
  EXPECT_EQ(control_.take_log(), "");
}

TEST_F(EnforcerTest, FlowsThatAreGoneCannotBeBlocked) {
  Verdict verdict;
  verdict.action = Action::kBlock;
  EXPECT_EQ(enforcer_.enforce(verdict, transfer_, {}), Disposition::kBlockTooLate);
  control_.able.can_drop = false;
  EXPECT_EQ(enforcer_.enforce(verdict, transfer_, {}), Disposition::kAlerted);
}

TEST_F(EnforcerTest, EveryFlowOfTheTransferIsCut) {
  Flow other = flow_;
  other.id = FlowId{8};
  Verdict verdict;
  verdict.action = Action::kBlock;
  const EnforcedFlow both[] = {{&flow_, {}, false}, {&other, {}, true}};
  EXPECT_EQ(enforcer_.enforce(verdict, transfer_, both), Disposition::kBlocked);
  EXPECT_EQ(control_.take_log(), "drop 7\ndrop 8\n") << "positions unknown: no resets";
}

}  // namespace
}  // namespace sallyport
