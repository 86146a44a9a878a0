// Rules that count: what counts, in which group, and what is said where the answer depends on what nobody saw.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "policy/loader.h"
#include "policy/memory.h"

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;

constexpr const char* kHead = R"(version: 1
name: test
networks:
  agency: {cidrs: [10.0.0.0/8]}
  partner: {cidrs: [203.0.113.0/24], hosts: ["*.partner.example"]}
  press: {cidrs: [192.0.2.0/24]}
rules:
)";
constexpr Timestamp kStart{std::chrono::hours(24 * 365 * 50)};

std::shared_ptr<const Policy> load(const std::string& rules) {
  const LoadResult result = load_policy_text(kHead + rules, "test.yaml");
  EXPECT_NE(result.policy, nullptr) << to_text(result);
  return result.policy;
}

/// A policy and what it remembers, under one transfer after the other.
class Gateway {
 public:
  explicit Gateway(const std::string& rules) : policy(load(rules)), memory(policy->new_memory()) {}

  /// An image of its own with so many faces.
  Transfer image(const char* receiver = "203.0.113.5", Timestamp time = kStart) {
    Transfer made;
    made.facts.protocol = Protocol::kHttp1;
    made.facts.sender.address = *IpAddress::parse("10.0.0.1");
    made.facts.receiver.address = *IpAddress::parse(receiver);
    made.content = ContentType::kJpeg;
    made.size = 1000;
    made.ended = made.complete = true;
    made.begun = made.last_seen = time;
    made.sha256 = Sha256::of(as_byte_span("object " + std::to_string(++serial_)));
    return made;
  }
  static Findings faces(std::size_t number) {
    Findings found;
    found.looked_for = bit(FindingKind::kFace) | bit(FindingKind::kFingerprint);
    found.faces.assign(number, Detection{{}, 1});
    return found;
  }
  static Findings picture(std::uint8_t bits) {
    Findings found = faces(1);
    found.pdq.emplace().fill(bits);
    found.pdq_quality = 100;
    return found;
  }

  Verdict send(const Transfer& transfer, const Findings& findings = faces(1)) {
    return policy->conclude(transfer, findings, *memory);
  }
  Verdict send() { return send(image()); }
  void send(int times) {
    for (int i = 0; i < times; ++i) EXPECT_THAT(send().matches, testing::IsEmpty()) << i;
  }

  std::shared_ptr<const Policy> policy;
  std::shared_ptr<Memory> memory;

 private:
  int serial_ = 0;
};

const std::string kMany =
    "  - {name: many, state: block, from: [agency], to: {not: [agency]}, when: {faces: {}},\n"
    "     count: {what: distinct_images, more_than: 3, within: 7d, by: [receiver_network]}}\n";

TEST(Count, MatchesFromTheOneThatIsTooMuchOn) {
  Gateway gateway(kMany);
  gateway.send(3);
  const Verdict verdict = gateway.send();
  ASSERT_EQ(verdict.matches.size(), 1U);
  EXPECT_EQ(verdict.action, Action::kBlock);
  EXPECT_EQ(verdict.matches[0].reason,
            "from agency; to outside agency; faces: 1 with score 0.50 or more, 1 needed; count: 4 distinct images; "
            "receiver_network partner; more than 3 within 7d needed");
  EXPECT_EQ(gateway.send().action, Action::kBlock);
}

TEST(Count, EvaluatingCountsNothing) {
  Gateway gateway(kMany);
  gateway.send(3);
  const Transfer transfer = gateway.image();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(gateway.policy->evaluate(transfer, Gateway::faces(1), *gateway.memory).action, Action::kBlock);
  }
  EXPECT_EQ(gateway.policy->evaluate(transfer, Gateway::faces(1)).action, Action::kAllow) << "with no memory";
  EXPECT_EQ(gateway.memory->stats().entries, 3U);
}

TEST(Count, OnlyWhatFitsTheRuleCounts) {
  Gateway gateway(kMany);
  gateway.send(3);
  EXPECT_THAT(gateway.send(gateway.image(), Gateway::faces(0)).matches, testing::IsEmpty());
  EXPECT_THAT(gateway.send(gateway.image("10.0.0.9")).matches, testing::IsEmpty());
  EXPECT_EQ(gateway.memory->stats().entries, 3U);
}

TEST(Count, GroupsHaveTheirOwnCounts) {
  Gateway gateway(kMany);
  gateway.send(3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(gateway.send(gateway.image("192.0.2.7")).action, Action::kAllow);
    EXPECT_EQ(gateway.send(gateway.image("198.51.100.1")).action, Action::kAllow);
  }
  EXPECT_EQ(gateway.memory->stats().groups, 3U);
  EXPECT_EQ(gateway.send(gateway.image("198.51.100.250")).action, Action::kBlock) << "in no network: one group";
}

TEST(Count, ANameThatAClientClaimsMakesNoGroup) {
  Gateway gateway(kMany);
  for (int i = 0; i < 4; ++i) {
    Transfer transfer = gateway.image("198.51.100.1");
    transfer.facts.host = i % 2 == 0 ? "a.partner.example" : "";
    EXPECT_EQ(gateway.send(transfer).action, i == 3 ? Action::kBlock : Action::kAllow);
  }
}

TEST(Count, UsersAreOneInAnyCase) {
  Gateway gateway("  - {name: r, state: alert, count: {what: transfers, more_than: 1, within: 1h, by: [user]}}\n");
  Transfer transfer = gateway.image();
  transfer.facts.user = "AGENCY\\jdoe";
  EXPECT_EQ(gateway.send(transfer).action, Action::kAllow);
  transfer.facts.user = "agency/JDoe";
  const Verdict verdict = gateway.send(transfer);
  ASSERT_EQ(verdict.action, Action::kAlert);
  EXPECT_EQ(verdict.matches[0].reason, "count: 2 transfers; user; more than 1 within 1h needed");
  transfer.facts.user = "agency/other";
  EXPECT_EQ(gateway.send(transfer).action, Action::kAllow);
}

TEST(Count, TheSamePictureCountsOnce) {
  Gateway gateway(kMany);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(gateway.send(gateway.image(), Gateway::picture(0)).action, Action::kAllow);
  gateway.send(2);
  EXPECT_EQ(gateway.send().action, Action::kBlock);
  EXPECT_EQ(gateway.send(gateway.image(), Gateway::picture(0)).action, Action::kBlock) << "stays over";
}

TEST(Count, ExceptionsDoNotCount) {
  Gateway gateway(
      "  - {name: many, state: block, from: [agency], exceptions: [{reason: x, to: [press]}],\n"
      "     count: {what: images, more_than: 2, within: 1d}}\n");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(gateway.send(gateway.image("192.0.2.1")).action, Action::kAllow);
  gateway.send(2);
  EXPECT_EQ(gateway.send(gateway.image("192.0.2.1")).action, Action::kAllow);
  EXPECT_EQ(gateway.send().action, Action::kBlock);
}

TEST(Count, OfAnArchiveTheImagesThatFitCount) {
  Gateway gateway(kMany);
  Transfer archive = gateway.image();
  archive.content = ContentType::kZip;
  Findings found;
  found.looked_for = bit(FindingKind::kFace) | bit(FindingKind::kFingerprint);
  for (int i = 0; i < 8; ++i) {
    Part part;
    part.looked_for = found.looked_for;
    part.format = ContentType::kJpeg;
    part.sha256 = Sha256::of(as_byte_span("part " + std::to_string(i)));
    if (i < 3) part.faces.assign(1, Detection{{}, 1});
    found.parts.push_back(part);
  }
  EXPECT_EQ(gateway.send(archive, found).action, Action::kAllow) << "three with faces";
  EXPECT_EQ(gateway.send(archive, found).action, Action::kAllow) << "the same three";
  found.parts[5].faces.assign(1, Detection{{}, 1});
  EXPECT_EQ(gateway.send(archive, found).action, Action::kBlock);
}

TEST(Count, WhatHoldsOfAllImagesTogetherCountsEach) {
  Gateway gateway(
      "  - {name: r, state: alert, when: {faces: {at_least: 3}}, count: {what: images, more_than: 2, within: 1d}}\n");
  Transfer archive = gateway.image();
  archive.content = ContentType::kZip;
  Findings found;
  found.looked_for = bit(FindingKind::kFace);
  Part part;
  part.looked_for = found.looked_for;
  part.faces.assign(1, Detection{{}, 1});
  part.sha256 = Sha256Digest{};
  found.parts.assign(3, part);
  EXPECT_EQ(gateway.send(archive, found).action, Action::kAlert);
}

TEST(Count, BytesAndTransfers) {
  Gateway gateway(
      "  - {name: bytes, state: alert, count: {what: bytes, more_than: 2KiB, within: 1h, by: [sender]}}\n"
      "  - {name: often, state: alert, count: {what: transfers, more_than: 3, within: 1h, by: [receiver]}}\n");
  EXPECT_EQ(gateway.send().matches.size(), 0U);
  EXPECT_EQ(gateway.send().matches.size(), 0U);
  const Verdict third = gateway.send();
  ASSERT_EQ(third.matches.size(), 1U);
  EXPECT_EQ(third.matches[0].reason, "count: 3000 bytes; sender 10.0.0.1; more than 2KiB within 1h needed");
  EXPECT_EQ(gateway.send().matches.size(), 2U);
}

TEST(Count, AWindowSlides) {
  Gateway gateway(kMany);
  gateway.send(3);
  EXPECT_EQ(gateway.send(gateway.image("203.0.113.5", kStart + 24h * 7)).action, Action::kAllow);
}

/// Each pair of parties is a receiver of its own; two in one group are one transfer there.
TEST(Count, AllWhoGetAPartCount) {
  Gateway gateway("  - {name: r, state: alert, count: {what: transfers, more_than: 2, within: 1h, by: [receiver]}}\n");
  Transfer transfer = gateway.image();
  for (const char* receiver : {"203.0.113.9", "203.0.113.5"}) {
    transfer.other_parties.push_back({{*IpAddress::parse("10.0.0.2"), 1}, {*IpAddress::parse(receiver), 2}});
  }
  EXPECT_EQ(gateway.send(transfer).action, Action::kAllow);
  EXPECT_EQ(gateway.send(transfer).action, Action::kAllow) << "two of each";
  EXPECT_EQ(gateway.send(gateway.image("203.0.113.9")).action, Action::kAlert);
  EXPECT_EQ(gateway.send(gateway.image("203.0.113.10")).action, Action::kAllow);
}

Transfer encrypted(Gateway& gateway, std::uint64_t size) {
  Transfer hidden = gateway.image();
  hidden.facts.protocol = Protocol::kTls;
  hidden.facts.opaque = NotInspected::kEncrypted;
  hidden.content = ContentType::kUnknown;
  hidden.sha256.reset();
  hidden.size = size;
  return hidden;
}

TEST(Count, WhatNobodyCouldLookAtMayCount) {
  Gateway gateway(kMany);
  const Transfer hidden = encrypted(gateway, 1000);
  EXPECT_THAT(gateway.send(hidden, {}).matches, testing::IsEmpty()) << "one image at most: nothing depends on it";
  gateway.send(2);
  const Verdict may_be = gateway.send();
  ASSERT_EQ(may_be.matches.size(), 1U);
  EXPECT_EQ(may_be.action, Action::kAlert) << "on_encrypted";
  EXPECT_EQ(may_be.matches[0].because_not_inspected, NotInspected::kEncrypted);
  EXPECT_EQ(may_be.matches[0].reason,
            "not inspected (encrypted): count (3 distinct images, and 1 more that may be; receiver_network partner) "
            "unknown; on_encrypted: alert");
  EXPECT_EQ(gateway.send().action, Action::kBlock) << "sure by itself";
  EXPECT_EQ(gateway.send(hidden, {}).action, Action::kAlert) << "over, and whether it fits is not known";
}

TEST(Count, AnEncryptedFlowMayHoldManyImages) {
  Gateway gateway(kMany);
  EXPECT_EQ(gateway.send(encrypted(gateway, 10 * kBytesPerPossibleImage), {}).action, Action::kAlert);
}

TEST(Count, ATextIsNoImage) {
  Gateway gateway("  - {name: r, state: alert, count: {what: images, more_than: 1, within: 1h}}\n");
  EXPECT_EQ(gateway.send().action, Action::kAllow);
  EXPECT_EQ(gateway.send().action, Action::kAlert);
  Transfer text = gateway.image();
  text.content = ContentType::kText;
  EXPECT_EQ(gateway.send(text, {}).action, Action::kAllow) << "nothing of it counts";
}

TEST(Count, NeverMatchesForSureBeforeTheEnd) {
  Gateway gateway(kMany + "  - {name: bytes, state: block, count: {what: bytes, more_than: 1B, within: 1h}}\n");
  Transfer begun = gateway.image();
  begun.ended = begun.complete = false;
  const Demand demand = gateway.policy->demand(begun);
  EXPECT_EQ(demand.interest, Interest::kContent);
  EXPECT_EQ(demand.findings, bit(FindingKind::kFace) | bit(FindingKind::kFingerprint));
  EXPECT_TRUE(demand.may_block);
}

TEST(Count, ARuleThatCountsIsAskedBesideOneThatBlocks) {
  const auto policy = load(
      "  - {name: all, state: block, severity: critical}\n"
      "  - {name: many, state: alert, when: {faces: {}}, count: {what: images, more_than: 9, within: 1h}}\n");
  Gateway gateway("  - {name: any, state: alert}\n");
  EXPECT_EQ(policy->demand(gateway.image()).findings, bit(FindingKind::kFace) | bit(FindingKind::kFingerprint));
}

TEST(Count, RulesThatCountTheSameGoOn) {
  Gateway gateway(kMany);
  gateway.send(3);
  const std::string other = "  - {name: new, state: alert, count: {what: transfers, more_than: 1, within: 1h}}\n";
  Gateway reloaded(other + kMany);
  reloaded.memory->inherit(*gateway.memory);
  EXPECT_THAT(reloaded.memory->uninherited(), testing::ElementsAre("new"));
  EXPECT_EQ(reloaded.memory->past_wanted(), 1h);
  EXPECT_EQ(reloaded.send(gateway.image()).action, Action::kBlock);
  EXPECT_EQ(gateway.send().action, Action::kBlock) << "a transfer that began before the reload counts in both";
}

TEST(Count, AnotherNetworkUnderTheSameNameIsAnotherCount) {
  Gateway gateway(kMany);
  gateway.send(3);
  std::string text = kHead + kMany;
  text.replace(text.find("203.0.113.0/24"), 14, "203.0.112.0/23");
  const LoadResult loaded = load_policy_text(text, "test.yaml");
  const auto memory = loaded.policy->new_memory();
  memory->inherit(*gateway.memory);
  EXPECT_THAT(memory->uninherited(), testing::ElementsAre("many"));
}

TEST(Count, ARecordFillsTheWindows) {
  Gateway gateway(kMany);
  const Transfer image = gateway.image();
  EXPECT_EQ(gateway.policy->refill(image, Gateway::faces(1), *gateway.memory), 0U);
  EXPECT_EQ(gateway.memory->stats().entries, 1U);
  Findings unlooked;
  EXPECT_EQ(gateway.policy->refill(gateway.image(), unlooked, *gateway.memory), 1U) << "nobody looked for faces";
  EXPECT_EQ(gateway.memory->stats().entries, 1U);
  gateway.policy->refill(gateway.image(), Gateway::faces(1), *gateway.memory);
  gateway.policy->refill(gateway.image(), Gateway::faces(1), *gateway.memory);
  EXPECT_EQ(gateway.send().action, Action::kBlock);
}

TEST(Count, OfARecordThatLacksAnswersTheCountIsUnknown) {
  Gateway gateway(kMany);
  const auto recall = [&gateway](const Findings& findings) {
    return gateway.policy->recall(gateway.image(), findings, *gateway.memory);
  };
  for (int i = 0; i < 3; ++i)
    EXPECT_THAT(recall(Gateway::picture(static_cast<std::uint8_t>(i * 15))).unknown, testing::IsEmpty());
  EXPECT_THAT(recall(Findings()).unknown, testing::ElementsAre("many"));
  EXPECT_EQ(recall(Gateway::picture(255)).verdict.action, Action::kBlock) << "sure by itself";
  EXPECT_EQ(recall(Gateway::picture(255)).action_most, Action::kBlock);
}

/// What shards count at the same time is not lost: exactly as many are let through as the rule says.
TEST(Count, ShardsShareOneCount) {
  Gateway gateway("  - {name: r, state: alert, count: {what: transfers, more_than: 1000, within: 1h}}\n");
  const Transfer transfer = gateway.image();
  std::array<int, 4> let_through{};
  std::vector<std::thread> shards;
  for (int& mine : let_through) {
    shards.emplace_back([&gateway, &transfer, &mine] {
      for (int i = 0; i < 500; ++i) mine += gateway.policy->conclude(transfer, {}, *gateway.memory).matches.empty();
    });
  }
  for (std::thread& shard : shards) shard.join();
  EXPECT_EQ(let_through[0] + let_through[1] + let_through[2] + let_through[3], 1000);
}

}  // namespace
}  // namespace sallyport::policy
