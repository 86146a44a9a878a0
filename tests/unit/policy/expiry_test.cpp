// What has a last day: excuses until then, by the time of the transfer, and tightens by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "policy/explanation.h"
#include "policy/loader.h"
#include "policy/policy_diff.h"
#include "policy/values.h"
#include "tests/support/explained_flips.h"

namespace sallyport::policy {
namespace {

using test::is_flipped;
using testing::HasSubstr;

std::string with_exception(const std::string& exception) {
  return "version: 1\nname: t\nnetworks:\n  agency: {cidrs: [10.0.0.0/8]}\n  vendor: {cidrs: [203.0.113.0/24]}\n"
         "record: {to: [vendor], what: images}\nrules:\n  - {name: leaves, state: block, from: [agency], to: {not: "
         "[agency]}, exceptions: [{reason: order 17" +
         exception + "}]}\n";
}

LoadResult load(const std::string& text, const LoadOptions& options = {}) {
  LoadResult result = load_policy_text(text, "policy.yaml", options);
  EXPECT_NE(result.policy, nullptr) << to_text(result);
  return result;
}

Transfer to_vendor(const char* time) {
  Transfer transfer;
  transfer.facts.sender.address = *IpAddress::parse("10.0.0.1");
  transfer.facts.receiver.address = *IpAddress::parse("203.0.113.7");
  transfer.last_seen = *parse_moment(time);
  transfer.ended = true;
  return transfer;
}

TEST(End, OfADayIsItsLastMoment) {
  EXPECT_EQ(*parse_end("2026-12-31"), *parse_moment("2027-01-01"));
  EXPECT_EQ(*parse_end("2026-12-31T18:00:00Z"), *parse_moment("2026-12-31T18:00:00Z"));
  EXPECT_FALSE(parse_end("2026-02-30"));
  for (const char* text : {"2026-12-31", "2026-12-31T18:00:00Z", "2200-12-31", "1970-01-01"}) {
    EXPECT_EQ(end_text(*parse_end(text)), text);
  }
  EXPECT_EQ(end_text(*parse_end("2027-01-01T00:00:00Z")), "2026-12-31");
}

TEST(Expiry, AnExceptionExcusesUntilTheEndOfItsDay) {
  const auto policy = load(with_exception(", to: [vendor], expires: 2026-12-31")).policy;
  EXPECT_EQ(policy->evaluate(to_vendor("2026-12-31T23:59:59Z"), {}).action, Action::kAllow);
  EXPECT_FALSE(policy->demand(to_vendor("2026-12-31T23:59:59Z")).may_block);
  const Verdict after = policy->evaluate(to_vendor("2027-01-01"), {});
  EXPECT_EQ(after.action, Action::kBlock);
  EXPECT_TRUE(policy->demand(to_vendor("2027-01-01")).may_block);
  ASSERT_EQ(after.matches.size(), 1U);
  EXPECT_THAT(after.matches[0].reason, HasSubstr("exception 'order 17' expired on 2026-12-31"));
}

TEST(Expiry, IsNoReasonWhereTheExceptionNeverFitted) {
  const auto policy = load(with_exception(", to: [vendor], expires: 2026-12-31")).policy;
  Transfer elsewhere = to_vendor("2027-06-01");
  elsewhere.facts.receiver.address = *IpAddress::parse("198.51.100.1");
  const Verdict verdict = policy->evaluate(elsewhere, {});
  ASSERT_EQ(verdict.matches.size(), 1U);
  EXPECT_THAT(verdict.matches[0].reason, testing::Not(HasSubstr("expired")));
}

TEST(Expiry, IsTracedAndSearchedForAnotherVerdict) {
  const LoadResult loaded = load(with_exception(", to: [vendor], expires: 2026-12-31"));
  const Explanation late = explain_transfer(loaded.policy, *loaded.document, {to_vendor("2027-06-01"), {}});
  EXPECT_THAT(to_text(late), HasSubstr("expires: 2026-12-31"));
  EXPECT_THAT(to_text(late), HasSubstr("2027-06-01T00:00:00Z (expired on 2026-12-31)"));
  EXPECT_TRUE(is_flipped(late, Action::kAllow, "it came before the end of 2026-12-31"));
  const Explanation early = explain_transfer(loaded.policy, *loaded.document, {to_vendor("2026-06-01"), {}});
  EXPECT_TRUE(is_flipped(early, Action::kBlock, "it came after 2026-12-31"));
}

TEST(Expiry, CheckTellsWhatIsOverByTheClock) {
  const std::string text = with_exception(", to: [vendor], expires: 2026-12-31");
  EXPECT_EQ(load(text, {{}, *parse_moment("2026-12-31T23:59:59Z")}).warnings(), 0U);
  EXPECT_EQ(load(text, {{}, *parse_moment("2027-01-01")}).warnings(), 1U);
  EXPECT_EQ(load(text).warnings(), 0U) << "no clock is asked";
}

TEST(Expiry, AShorterExceptionShadowsNoLongerOne) {
  const auto two = [](const std::string& first, const std::string& second) {
    return load(with_exception(", to: [vendor]" + first + "}, {reason: order 18, to: [vendor]" + second)).warnings();
  };
  EXPECT_EQ(two("", ", expires: 2026-12-31"), 1U);
  EXPECT_EQ(two(", expires: 2026-12-31", ", expires: 2026-12-31"), 1U);
  EXPECT_EQ(two(", expires: 2026-12-31", ", expires: 2027-12-31"), 0U);
  EXPECT_EQ(two(", expires: 2026-12-31", ""), 0U);
}

TEST(Expiry, AnExceptionForAllIsNoFaultOfARuleThatComesLater) {
  EXPECT_EQ(load(with_exception(", from: [agency], to: {not: [agency]}")).warnings(), 1U);
  EXPECT_EQ(load(with_exception(", from: [agency], to: {not: [agency]}, expires: 2026-12-31")).warnings(), 0U);
}

TEST(Expiry, PrintsAndDiffs) {
  const auto before = load(with_exception(", to: [vendor], expires: 2026-12-31")).policy;
  const auto after = load(with_exception(", to: [vendor], expires: 2027-12-31T12:00:00Z")).policy;
  EXPECT_THAT(before->text(), HasSubstr("expires: 2026-12-31"));
  EXPECT_EQ(load(after->text()).policy->digest(), after->digest());
  const auto longer = diff_policies(before->text(), after->text());
  ASSERT_EQ(longer.size(), 1U);
  EXPECT_EQ(longer[0].effect, Effect::kLooser) << longer[0].text;
  const auto forever = diff_policies(before->text(), load(with_exception(", to: [vendor]")).policy->text());
  ASSERT_EQ(forever.size(), 1U);
  EXPECT_EQ(forever[0].effect, Effect::kLooser) << forever[0].text;
}

}  // namespace
}  // namespace sallyport::policy
