// What a policy says of transfers that another policy saw to: unknown is never a no.
#include "policy/recall.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/loader.h"

namespace sallyport::policy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::shared_ptr<const Policy> load(const std::string& when, const std::string& state = "block") {
  const LoadResult result =
      load_policy_text("version: 1\nname: test\nnetworks:\n  lab: {cidrs: [10.0.0.0/8]}\nrules:\n" +
                           ("  - {name: asked, state: " + state + ", when: {" + when + "}}\n") +
                           "  - {name: lab, state: alert, to: [lab]}\n",
                       "test.yaml");
  EXPECT_NE(result.policy, nullptr) << to_text(result);
  return result.policy;
}

/// A whole JPEG, of which everything is known but what `looked_for` lacks.
struct Recorded {
  Transfer transfer;
  Findings findings;

  explicit Recorded(FindingSet looked_for) {
    transfer.facts.protocol = Protocol::kHttp1;
    transfer.facts.sender.address = *IpAddress::parse("192.0.2.1");
    transfer.facts.receiver.address = *IpAddress::parse("198.51.100.1");
    transfer.ended = transfer.complete = true;
    transfer.size = 1000;
    transfer.content = ContentType::kJpeg;
    transfer.sha256 = Sha256Digest{};
    findings.looked_for = looked_for;
  }
  Recollection under(const Policy& policy) const { return policy.recall(transfer, findings); }
};

const FindingSet kFaces = bit(FindingKind::kFace);
const FindingSet kPlates = bit(FindingKind::kPlate);

TEST(Recall, WhatNobodyLookedForIsUnknownOfEachParty) {
  Recorded recorded(kFaces);
  recorded.transfer.facts.receiver.address = *IpAddress::parse("203.0.113.5");
  const LoadResult result = load_policy_text(
      "version: 1\nname: test\nnetworks:\n  partner: {cidrs: [203.0.113.0/24]}\nrules:\n"
      "  - {name: asked, state: block, to: {not: [partner]}, when: {plates: {}}}\n",
      "test.yaml");
  EXPECT_THAT(recorded.under(*result.policy).unknown, IsEmpty());
  recorded.transfer.other_parties = {{{}, {*IpAddress::parse("198.51.100.1"), 80}}};
  EXPECT_THAT(recorded.under(*result.policy).unknown, ElementsAre("asked"));
}

TEST(Recall, WhatWasLookedForIsAnswered) {
  Recorded recorded(kPlates);
  const auto policy = load("plates: {}");
  EXPECT_THAT(recorded.under(*policy).unknown, IsEmpty());
  EXPECT_EQ(recorded.under(*policy).verdict.action, Action::kAllow);
  recorded.findings.plates = {{{}, 0.9F}};
  EXPECT_THAT(recorded.under(*policy).unknown, IsEmpty());
  EXPECT_EQ(recorded.under(*policy).verdict.action, Action::kBlock);
}

TEST(Recall, WhatNobodyLookedForIsUnknown) {
  const Recollection recalled = Recorded(kFaces).under(*load("plates: {}"));
  EXPECT_THAT(recalled.unknown, ElementsAre("asked"));
  EXPECT_EQ(recalled.verdict.action, Action::kAllow);
  EXPECT_EQ(recalled.action_most, Action::kBlock);
}

TEST(Recall, ItsOppositeIsUnknownTooAndNoMatch) {
  const Recollection recalled = Recorded(kFaces).under(*load("not: {plates: {}}"));
  EXPECT_THAT(recalled.unknown, ElementsAre("asked"));
  EXPECT_THAT(recalled.verdict.matches, IsEmpty());
  EXPECT_EQ(recalled.verdict.action, Action::kAllow);
}

TEST(Recall, AShadowRuleThatIsUnknownLeavesTheVerdictCertain) {
  const Recollection recalled = Recorded(kFaces).under(*load("plates: {}", "shadow"));
  EXPECT_THAT(recalled.unknown, ElementsAre("asked"));
  EXPECT_EQ(recalled.action_most, Action::kAllow);
}

TEST(Recall, AnotherRuleThatIsAsStrictMakesTheVerdictCertain) {
  Recorded recorded(kFaces);
  recorded.transfer.facts.receiver.address = *IpAddress::parse("10.0.0.1");
  const Recollection recalled = recorded.under(*load("plates: {}", "alert"));
  EXPECT_THAT(recalled.unknown, ElementsAre("asked"));
  EXPECT_EQ(recalled.verdict.action, Action::kAlert);
  EXPECT_EQ(recalled.action_most, Action::kAlert);
}

TEST(Recall, WhereTheAnswerIsNoAnywayNothingIsUnknown) {
  EXPECT_THAT(Recorded(kFaces).under(*load("plates: {}, size: {at_least: 1MiB}")).unknown, IsEmpty());
  Recorded text(0);
  text.transfer.content = ContentType::kText;
  EXPECT_THAT(text.under(*load("plates: {}")).unknown, IsEmpty());
}

TEST(Recall, WhatCouldNotBeInspectedThenIsNotInspectedNow) {
  Recorded recorded(0);
  recorded.findings.not_inspected = NotInspected::kDeadline;
  const Recollection recalled = recorded.under(*load("plates: {}"));
  EXPECT_THAT(recalled.unknown, IsEmpty());
  EXPECT_EQ(recalled.verdict.matches.at(0).because_not_inspected, NotInspected::kDeadline);
}

TEST(Recall, ATypeThatWasNeverReadIsUnknown) {
  Recorded recorded(0);
  recorded.transfer.content = ContentType::kUnknown;
  EXPECT_THAT(recorded.under(*load("image: any")).unknown, ElementsAre("asked"));
  EXPECT_THAT(recorded.under(*load("evasion: [type_mismatch]")).unknown, ElementsAre("asked"));
}

TEST(Recall, ADigestThatWasNeverMadeIsUnknown) {
  Recorded recorded(kFaces);
  const auto policy = load("sha256: [" + std::string(64, 'b') + "]");
  EXPECT_THAT(recorded.under(*policy).unknown, IsEmpty());
  recorded.transfer.sha256.reset();
  EXPECT_THAT(recorded.under(*policy).unknown, ElementsAre("asked"));
}

TEST(Recall, OfABeginningNothingIsRuledOut) {
  Recorded recorded(kPlates);
  recorded.transfer.ended = recorded.transfer.complete = false;
  recorded.transfer.sha256.reset();
  EXPECT_THAT(recorded.under(*load("plates: {}")).unknown, ElementsAre("asked")) << "a plate may have come later";
  EXPECT_THAT(recorded.under(*load("size: {at_least: 1MiB}")).unknown, ElementsAre("asked"));
  recorded.findings.plates = {{{}, 0.9F}};
  const Recollection recalled = recorded.under(*load("plates: {}"));
  EXPECT_EQ(recalled.verdict.action, Action::kBlock) << "and what blocked then blocks now";
  EXPECT_THAT(recalled.unknown, IsEmpty());
}

TEST(Recall, NamesTheNetworksOfAnAddress) {
  const auto policy = load("plates: {}");
  EXPECT_THAT(policy->networks_of(*IpAddress::parse("10.1.2.3")), ElementsAre("lab"));
  EXPECT_THAT(policy->networks_of(*IpAddress::parse("192.0.2.1")), IsEmpty());
}

}  // namespace
}  // namespace sallyport::policy
