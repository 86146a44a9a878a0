// Who may receive what until when: a contract keeps a rule from matching, and nothing else does.
#include "policy/permission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "policy/explanation.h"
#include "policy/loader.h"
#include "policy/policy_diff.h"
#include "tests/support/explained_flips.h"

namespace sallyport::policy {
namespace {

using testing::ElementsAre;
using test::is_flipped;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kHead = R"(version: 1
name: t
networks:
  agency: {cidrs: [10.0.0.0/8]}
  lanes: {cidrs: [10.1.0.0/16]}
  vendor: {cidrs: [203.0.113.0/24], hosts: ["*.vendor.example"]}
  cloud: {hosts: ["*.cloud.example"], trust: hosts}
fingerprints:
  cards: {file: cards.spf}
contractors:
  readers: {networks: [vendor, cloud]}
)";

struct Terms {
  std::string may_receive = "plates";
  std::string more = "from: [lanes], starts: 2026-01-01";
  std::string expires = "2026-12-31";
};

std::string contract(const Terms& terms = {}) {
  return "contracts:\n  - {name: readers-2026, contractor: readers, purpose: plate readers, may_receive: [" +
         terms.may_receive + "], " + terms.more + ", expires: " + terms.expires + "}\n";
}

std::string rules(const std::string& when, const std::string& permitted_by = "any") {
  return "rules:\n  - {name: leaves, state: block, from: [agency], to: {not: [agency]}, permitted_by: " + permitted_by +
         ", when: {" + when + "}}\n";
}

LoadResult load(const std::string& text) {
  LoadResult result = load_policy_text(kHead + text, "policy.yaml");
  EXPECT_NE(result.policy, nullptr) << text << to_text(result);
  return result;
}

/// A picture with a plate, from a lane to the vendor.
struct Sent {
  Transfer transfer;
  Findings findings;

  Sent() {
    transfer.facts.protocol = Protocol::kHttp1;
    transfer.facts.sender.address = *IpAddress::parse("10.1.0.1");
    transfer.facts.receiver.address = *IpAddress::parse("203.0.113.7");
    transfer.last_seen = *parse_moment("2026-06-01");
    transfer.content = ContentType::kJpeg;
    transfer.ended = true;
    findings.looked_for = bit(FindingKind::kFace) | bit(FindingKind::kPlate) | bit(FindingKind::kFingerprint);
    findings.plates = {{{}, 0.9F}};
  }
  Verdict under(const LoadResult& loaded) const { return loaded.policy->evaluate(transfer, findings); }
};

TEST(Contract, KeepsARuleFromMatchingAndIsNamed) {
  const LoadResult loaded = load(contract() + rules("plates: {}"));
  const Verdict verdict = Sent().under(loaded);
  EXPECT_EQ(verdict.action, Action::kAllow);
  EXPECT_THAT(verdict.permitted_by, ElementsAre("readers-2026"));
  EXPECT_EQ(Sent().under(load(contract() + rules("plates: {}", "[readers-2026]"))).action, Action::kAllow);
  const std::string other =
      "  - {name: other, contractor: readers, purpose: x, may_receive: [faces], expires: 2026-12-31}\n";
  EXPECT_EQ(Sent().under(load(contract() + other + rules("plates: {}", "[other]"))).action, Action::kBlock);
}

TEST(Contract, CoversItsContractorAndItsSendersOnly) {
  const LoadResult loaded = load(contract() + rules("plates: {}"));
  Sent elsewhere;
  elsewhere.transfer.facts.receiver.address = *IpAddress::parse("198.51.100.7");
  EXPECT_EQ(elsewhere.under(loaded).action, Action::kBlock);
  EXPECT_THAT(elsewhere.under(loaded).permitted_by, IsEmpty());
  elsewhere.transfer.facts.host = "in.vendor.example";
  EXPECT_EQ(elsewhere.under(loaded).action, Action::kBlock) << "a claim permits nothing";
  elsewhere.transfer.facts.host = "in.cloud.example";
  EXPECT_EQ(elsewhere.under(loaded).action, Action::kAllow) << "but one that is trusted does";
  Sent other;
  other.transfer.facts.sender.address = *IpAddress::parse("10.2.0.1");
  EXPECT_EQ(other.under(loaded).action, Action::kBlock);
}

TEST(Contract, TightensByItself) {
  const LoadResult loaded = load(contract() + rules("plates: {}"));
  const auto at = [&loaded](const char* time) {
    Sent sent;
    sent.transfer.last_seen = *parse_moment(time);
    return sent.under(loaded);
  };
  EXPECT_EQ(at("2026-01-01").action, Action::kAllow);
  EXPECT_EQ(at("2026-12-31T23:59:59Z").action, Action::kAllow);
  const Verdict late = at("2027-01-01");
  EXPECT_EQ(late.action, Action::kBlock);
  ASSERT_EQ(late.matches.size(), 1U);
  EXPECT_THAT(late.matches[0].reason, HasSubstr("contract readers-2026 expired on 2026-12-31"));
  EXPECT_THAT(at("2025-12-31").matches[0].reason, HasSubstr("contract readers-2026 begins on 2026-01-01"));
}

TEST(Contract, PermitsWhatItNames) {
  Sent with_face;
  with_face.findings.faces = {{{}, 0.6F}};
  const Verdict verdict = with_face.under(load(contract() + rules("plates: {}")));
  EXPECT_EQ(verdict.action, Action::kBlock);
  EXPECT_THAT(verdict.matches[0].reason, HasSubstr("contract readers-2026 does not permit faces"));
  EXPECT_EQ(with_face.under(load(contract({"plates, faces"}) + rules("plates: {}"))).action, Action::kAllow);
  EXPECT_EQ(with_face.under(load(contract({"images"}) + rules("plates: {}"))).action, Action::kAllow);
  Sent registered;
  registered.findings.matches = {{"cards", "front", false, 12}};
  EXPECT_EQ(registered.under(load(contract() + rules("plates: {}"))).action, Action::kBlock);
  EXPECT_EQ(registered.under(load(contract({"plates, registered"}) + rules("plates: {}"))).action, Action::kAllow);
}

TEST(Contract, TakesForFoundWhatTheRuleDoes) {
  Sent faint;
  faint.findings.faces = {{{}, 0.3F}};
  EXPECT_EQ(faint.under(load(contract() + rules("plates: {}"))).action, Action::kAllow);
  EXPECT_EQ(faint.under(load(contract() + rules("faces: {score: 0.2}"))).action, Action::kBlock);
}

TEST(Contract, CoversNothingThatWasNotInspected) {
  Sent gap;
  gap.findings.looked_for = bit(FindingKind::kPlate);
  gap.findings.not_inspected = NotInspected::kDeadline;
  const Verdict verdict = gap.under(load(contract() + rules("plates: {}")));
  EXPECT_EQ(verdict.action, Action::kBlock);
  EXPECT_THAT(verdict.matches[0].reason, HasSubstr("covers nothing that was not inspected"));
  Sent locked;
  locked.transfer.content = ContentType::kZip;
  locked.findings = Findings();
  locked.findings.not_inspected = NotInspected::kEncryptedArchive;
  EXPECT_EQ(locked.under(load(contract({"images"}) + rules("content: [zip]"))).action, Action::kBlock);
  Sent plain;
  plain.transfer.content = ContentType::kText;
  plain.findings.plates.clear();
  EXPECT_EQ(plain.under(load(contract({"images"}) + rules("content: [text]"))).action, Action::kBlock);
}

TEST(Contract, AsksForTheFindingsThatDecide) {
  const LoadResult loaded = load(contract() + rules("plates: {}"));
  Sent sent;
  sent.transfer.ended = false;
  const FindingSet all = bit(FindingKind::kFace) | bit(FindingKind::kPlate) | bit(FindingKind::kFingerprint);
  EXPECT_EQ(loaded.policy->demand(sent.transfer).findings, all);
  Flow flow;
  flow.client.address = sent.transfer.facts.sender.address;
  flow.server.address = sent.transfer.facts.receiver.address;
  EXPECT_EQ(load(contract() + rules("image: any")).policy->interest(flow), Interest::kContent);
  sent.transfer.last_seen = *parse_moment("2027-06-01");
  EXPECT_EQ(loaded.policy->demand(sent.transfer).findings, bit(FindingKind::kPlate))
      << "an expired one decides nothing";
}

TEST(Contract, OfARecordIsUnknownWhereNobodyLooked) {
  const LoadResult loaded = load(contract() + rules("plates: {}"));
  Sent sent;
  sent.findings.looked_for = bit(FindingKind::kPlate);
  sent.transfer.complete = true;
  sent.transfer.sha256 = Sha256Digest{};
  EXPECT_THAT(loaded.policy->recall(sent.transfer, sent.findings).unknown, ElementsAre("leaves"));
}

TEST(Contract, OfSeveralReceiversCoversOneByOne) {
  const LoadResult loaded = load(contract() + rules("plates: {}"));
  Sent sent;
  sent.transfer.other_parties = {{sent.transfer.facts.sender, {*IpAddress::parse("198.51.100.7"), 80}}};
  EXPECT_EQ(sent.under(loaded).action, Action::kBlock);
}

TEST(Contract, IsTracedAndSearched) {
  const LoadResult loaded = load(contract() + rules("plates: {}"));
  Sent sent;
  const Explanation valid = explain_transfer(loaded.policy, *loaded.document, {sent.transfer, sent.findings});
  EXPECT_THAT(to_text(valid), HasSubstr("permits  permitted_by[readers-2026]: 'plate readers'"));
  EXPECT_THAT(to_text(valid), HasSubstr("yes        may_receive: [plates]"));
  EXPECT_TRUE(is_flipped(valid, Action::kBlock, "it came after 2026-12-31"));
  EXPECT_TRUE(is_flipped(valid, Action::kBlock, "it had 1 more of faces with score 0.5 or more"));
  sent.transfer.last_seen = *parse_moment("2027-06-01");
  const Explanation late = explain_transfer(loaded.policy, *loaded.document, {sent.transfer, sent.findings});
  EXPECT_THAT(to_text(late), HasSubstr("2027-06-01T00:00:00Z (expired on 2026-12-31)"));
  EXPECT_TRUE(is_flipped(late, Action::kAllow, "it came before the end of 2026-12-31"));
}

TEST(Contract, PrintsAndDiffs) {
  const auto text = [](const Terms& terms) { return load(contract(terms) + rules("plates: {}")).policy->text(); };
  const std::string before = text({"plates", "from: [lanes], starts: 2026-01-01, owner: ops", "2026-12-31"});
  EXPECT_EQ(load_policy_text(before, "printed").policy->text(), before);
  const auto effects = [&before](const std::string& after) {
    std::vector<Effect> all;
    for (const PolicyChange& change : diff_policies(before, after)) all.push_back(change.effect);
    return all;
  };
  const std::string from = "from: [lanes], starts: 2026-01-01, owner: ops";
  EXPECT_THAT(effects(text({"plates", from, "2027-12-31"})), ElementsAre(Effect::kLooser));
  EXPECT_THAT(effects(text({"plates, faces", from, "2026-12-31"})), ElementsAre(Effect::kLooser));
  EXPECT_THAT(effects(text({"plates", "from: [lanes], starts: 2026-02-01, owner: ops", "2026-12-31"})),
              ElementsAre(Effect::kStricter));
  EXPECT_THAT(
      effects(load(contract({"plates", from, "2026-12-31"}) + rules("plates: {}", "[readers-2026]")).policy->text()),
      ElementsAre(Effect::kOther));
  EXPECT_THAT(effects(load(rules("plates: {}")).policy->text()), ElementsAre(Effect::kStricter));
}

TEST(Contract, GivesItsContractorAName) {
  const LoadResult loaded = load(contract() + rules("plates: {}"));
  EXPECT_THAT(loaded.policy->contractors_of(*IpAddress::parse("203.0.113.7")), ElementsAre("readers"));
  EXPECT_THAT(loaded.policy->contractors_of(*IpAddress::parse("198.51.100.7")), IsEmpty());
}

}  // namespace
}  // namespace sallyport::policy
