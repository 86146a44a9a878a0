// What demand() and evaluate() mean, rule by rule.
#include "policy/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/loader.h"

namespace sallyport::policy {
namespace {

constexpr const char* kHead = R"(version: 1
name: test
networks:
  agency: {cidrs: [10.0.0.0/8]}
  partner: {cidrs: [203.0.113.0/24], hosts: ["*.partner.example"]}
  cloud: {hosts: ["*.cloud.example"], trust: hosts}
)";

std::shared_ptr<const Policy> load(const std::string& rules) {
  const LoadResult result = load_policy_text(kHead + rules, "test.yaml");
  EXPECT_NE(result.policy, nullptr) << to_text(result);
  return result.policy;
}

Transfer transfer(const char* sender = "10.0.0.1", const char* receiver = "198.51.100.1") {
  Transfer made;
  made.facts.protocol = Protocol::kHttp1;
  made.facts.sender.address = *IpAddress::parse(sender);
  made.facts.receiver.address = *IpAddress::parse(receiver);
  return made;
}

Transfer image(const char* receiver = "198.51.100.1") {
  Transfer made = transfer("10.0.0.1", receiver);
  made.content = ContentType::kJpeg;
  return made;
}

Findings faces(std::vector<float> scores) {
  Findings findings;
  findings.looked_for = bit(FindingKind::kFace);
  for (const float score : scores) findings.faces.push_back({{}, score});
  return findings;
}

Flow flow(const char* client, const char* server) {
  Flow made;
  made.client.address = *IpAddress::parse(client);
  made.server.address = *IpAddress::parse(server);
  return made;
}

constexpr const char* kFaces = R"(
rules:
  - name: faces
    state: block
    severity: high
    from: [agency]
    to: {not: [agency, partner]}
    when: {faces: {at_least: 2, score: 0.7}}
    deadline: 3s
)";

TEST(Evaluate, CountsOnlyScoresThatReach) {
  const auto policy = load(kFaces);
  EXPECT_EQ(policy->evaluate(image(), faces({0.9F, 0.7F})).action, Action::kBlock);
  EXPECT_EQ(policy->evaluate(image(), faces({0.9F, 0.69F})).action, Action::kAllow);
  const Verdict verdict = policy->evaluate(image(), faces({0.9F, 0.8F, 0.1F}));
  ASSERT_EQ(verdict.matches.size(), 1U);
  EXPECT_EQ(verdict.matches[0].reason,
            "from agency; to outside agency, partner; faces: 2 with score 0.70 or more, 2 needed");
  EXPECT_EQ(verdict.severity, Severity::kHigh);
  EXPECT_EQ(verdict.policy_digest, policy->digest());
}

Parties parties(const char* sender, const char* receiver) {
  return {{*IpAddress::parse(sender), 40000}, {*IpAddress::parse(receiver), 80}};
}

TEST(Evaluate, EveryPartyOfAnObjectIsAskedAbout) {
  const auto policy = load(kFaces);
  Transfer pieces = image("203.0.113.5");
  EXPECT_EQ(policy->demand(pieces).findings, 0U);
  EXPECT_EQ(policy->evaluate(pieces, faces({0.9F, 0.8F})).action, Action::kAllow);
  pieces.other_parties = {parties("10.0.0.2", "203.0.113.6"), parties("10.0.0.1", "198.51.100.1")};
  EXPECT_EQ(policy->demand(pieces).findings, bit(FindingKind::kFace));
  EXPECT_TRUE(policy->demand(pieces).may_block);
  EXPECT_EQ(policy->demand(pieces).deadline, std::chrono::seconds(3));
  const Verdict verdict = policy->evaluate(pieces, faces({0.9F, 0.8F}));
  EXPECT_EQ(verdict.action, Action::kBlock);
  ASSERT_EQ(verdict.matches.size(), 1U);
  EXPECT_EQ(verdict.matches[0].reason,
            "a part went from 10.0.0.1 to 198.51.100.1: from agency; to outside agency, partner; faces: 2 with score "
            "0.70 or more, 2 needed");
  EXPECT_EQ(policy->evaluate(pieces, faces({0.9F})).action, Action::kAllow);
}

TEST(Demand, OfFacesNoMoreAreWantedThanAnswerAllRules) {
  const auto policy = load(std::string(kFaces) + R"(  - name: crowd
    to: {not: [agency]}
    when: {faces: {at_least: 5, score: 0.6}}
    state: alert
    severity: critical
)");
  const Demand demand = policy->demand(image("198.51.100.1"));
  EXPECT_EQ(demand.faces, (Enough{5, 0.7F}));
  EXPECT_EQ(demand.plates, Enough());
}

TEST(Evaluate, AnExceptionExcusesNobodyElse) {
  const auto policy =
      load(std::string(kFaces) + "    exceptions: [{reason: test, to: [cloud]}, {reason: test, to: [partner]}]\n");
  Transfer pieces = image("203.0.113.5");
  pieces.other_parties = {parties("10.0.0.1", "198.51.100.1")};
  EXPECT_EQ(policy->evaluate(pieces, faces({0.9F, 0.8F})).action, Action::kBlock);
  std::swap(pieces.facts.receiver, pieces.other_parties[0].receiver);
  EXPECT_EQ(policy->evaluate(pieces, faces({0.9F, 0.8F})).action, Action::kBlock);
}

TEST(Evaluate, WhoIsNotToldMayBeAnybody) {
  const auto policy = load(std::string(kFaces) + "    on_overload: block\n");
  Transfer pieces = image("203.0.113.5");
  pieces.has_untold_parties = true;
  EXPECT_TRUE(policy->demand(pieces).may_block);
  const Verdict verdict = policy->evaluate(pieces, faces({}));
  EXPECT_EQ(verdict.action, Action::kBlock);
  ASSERT_EQ(verdict.matches.size(), 1U);
  EXPECT_EQ(verdict.matches[0].because_not_inspected, NotInspected::kOverBudget);
  EXPECT_EQ(load(kFaces)->evaluate(pieces, faces({})).action, Action::kAlert) << "the default of on_overload";
}

TEST(Evaluate, WhatOneOfThePartiesGetsIsRecorded) {
  const auto policy = load("record: {to: [partner], what: all}\n");
  Transfer pieces = image();
  EXPECT_FALSE(policy->evaluate(pieces, {}).record);
  pieces.other_parties = {parties("10.0.0.1", "203.0.113.5")};
  EXPECT_TRUE(policy->evaluate(pieces, {}).record);
  EXPECT_EQ(policy->demand(pieces).interest, Interest::kDigest);
}

Part part_with_face(float score) {
  Part part;
  part.path = "zip:a.jpg";
  part.looked_for = bit(FindingKind::kFace);
  part.faces.push_back({{}, score});
  return part;
}

TEST(Evaluate, ImagesInsideAContainerCountTogether) {
  const auto policy = load(kFaces);
  Transfer zip = image();
  zip.content = ContentType::kZip;
  EXPECT_EQ(policy->demand(zip).findings, bit(FindingKind::kFace));
  Findings findings = faces({});
  findings.parts = {part_with_face(0.9F)};
  EXPECT_EQ(policy->evaluate(zip, findings).action, Action::kAllow);
  findings.parts.push_back(part_with_face(0.8F));
  EXPECT_EQ(policy->evaluate(zip, findings).action, Action::kBlock);
  zip.content = ContentType::kText;
  EXPECT_EQ(policy->demand(zip).findings, 0U);
}

TEST(Evaluate, AMemberThatNobodySawIsNotClean) {
  const auto policy = load(std::string(kFaces) + "    on_encrypted: block\n");
  Transfer zip = image();
  zip.content = ContentType::kZip;
  Findings findings;
  findings.not_inspected = NotInspected::kDecodeError;
  findings.parts = {part_with_face(0.1F), Part()};
  findings.parts[1].not_inspected = NotInspected::kEncryptedArchive;
  const Verdict verdict = policy->evaluate(zip, findings);
  EXPECT_EQ(verdict.action, Action::kBlock);
  ASSERT_EQ(verdict.matches.size(), 1U);
  EXPECT_EQ(verdict.matches[0].because_not_inspected, NotInspected::kEncryptedArchive);
}

TEST(Evaluate, WhoGetsTheBytesDecidesNotWhoConnected) {
  const auto policy = load(kFaces);
  Transfer pulled = image();
  pulled.facts.upload = false;
  EXPECT_EQ(policy->evaluate(pulled, faces({0.9F, 0.9F})).action, Action::kBlock);
  Transfer inbound = image();
  std::swap(inbound.facts.sender, inbound.facts.receiver);
  EXPECT_EQ(policy->evaluate(inbound, faces({0.9F, 0.9F})).action, Action::kAllow);
}

TEST(Evaluate, AClaimedHostNameDoesNotExcuse) {
  const auto policy = load(kFaces);
  Transfer claimed = image();
  claimed.facts.host = "www.partner.example";
  EXPECT_EQ(policy->evaluate(claimed, faces({0.9F, 0.9F})).action, Action::kBlock);
  EXPECT_EQ(policy->evaluate(image("203.0.113.7"), faces({0.9F, 0.9F})).action, Action::kAllow);
}

TEST(Evaluate, AHostNameCanMatchAndATrustedOneExcuses) {
  const auto policy = load(R"(
rules:
  - {name: in, state: alert, to: [partner]}
  - {name: out, state: alert, to: {not: [cloud]}}
)");
  Transfer to_partner = transfer();
  to_partner.facts.host = "IMG.Partner.Example.:8080";
  EXPECT_EQ(policy->evaluate(to_partner, {}).matches.size(), 2U);
  Transfer to_cloud = transfer();
  to_cloud.facts.host = "s3.cloud.example";
  EXPECT_TRUE(policy->evaluate(to_cloud, {}).matches.empty());
  to_cloud.facts.upload = false;
  EXPECT_EQ(policy->evaluate(to_cloud, {}).matches.size(), 1U) << "the name is that of the side connected to";
}

TEST(Evaluate, WhatWasNotLookedForDoesNotMatch) {
  EXPECT_TRUE(load(kFaces)->evaluate(image(), Findings{}).matches.empty());
}

TEST(Evaluate, NotInspectedTakesTheRulesOutcome) {
  const auto policy = load(std::string(kFaces) + "    on_deadline: block\n    on_gap: allow\n");
  Findings late;
  late.not_inspected = NotInspected::kDeadline;
  const Verdict verdict = policy->evaluate(image(), late);
  EXPECT_EQ(verdict.action, Action::kBlock);
  EXPECT_EQ(verdict.matches.at(0).because_not_inspected, NotInspected::kDeadline);
  EXPECT_EQ(verdict.matches.at(0).reason, "not inspected (deadline): faces unknown; on_deadline: block");
  Transfer gap = image();
  gap.not_inspected = NotInspected::kGap;
  const Verdict allowed = policy->evaluate(gap, faces({}));
  EXPECT_TRUE(allowed.matches.empty());
  EXPECT_EQ(allowed.not_inspected, NotInspected::kGap) << "never mistaken for clean";
}

TEST(Evaluate, TextWithAHoleMayHaveHeldAnImage) {
  const auto policy = load(std::string(kFaces) + "    on_gap: block\n");
  Transfer page = image();
  page.content = ContentType::kText;
  EXPECT_EQ(policy->demand(page).interest, Interest::kNone) << "what lies inside is a transfer of its own";
  page.ended = true;
  EXPECT_TRUE(policy->evaluate(page, Findings{}).matches.empty());
  page.not_inspected = NotInspected::kGap;
  EXPECT_EQ(policy->evaluate(page, Findings{}).action, Action::kBlock);
}

TEST(Evaluate, AnAnsweredQuestionStaysAnswered) {
  const auto policy = load(kFaces);
  Findings partly = faces({0.1F});
  for (const auto reason : {NotInspected::kDetectorMissing, NotInspected::kDeadline}) {
    partly.not_inspected = reason;
    EXPECT_TRUE(policy->evaluate(image(), partly).matches.empty()) << "faces were looked for to the end";
  }
  partly.not_inspected = NotInspected::kDecodeError;
  EXPECT_EQ(policy->evaluate(image(), partly).action, Action::kAlert) << "in what was decoded";
  partly.faces = faces({0.9F, 0.9F}).faces;
  EXPECT_EQ(policy->evaluate(image(), partly).action, Action::kBlock);
  EXPECT_FALSE(policy->evaluate(image(), partly).matches.at(0).because_not_inspected);
}

TEST(Evaluate, DetectorMissingIsNotClean) {
  Findings none;
  none.not_inspected = NotInspected::kDetectorMissing;
  EXPECT_EQ(load(kFaces)->evaluate(image(), none).matches.at(0).because_not_inspected, NotInspected::kDetectorMissing);
}

TEST(Evaluate, AnAlertRuleNeverBlocks) {
  const auto policy = load("rules:\n  - {name: r, state: alert, when: {image: any}, on_encrypted: block}\n");
  Transfer hidden = transfer();
  hidden.facts.opaque = NotInspected::kEncrypted;
  EXPECT_EQ(policy->evaluate(hidden, {}).action, Action::kAlert);
}

TEST(Evaluate, AShadowRuleShowsAndDoesNothing) {
  const auto policy = load("rules:\n  - {name: r, state: shadow, severity: high, when: {image: any}}\n");
  const Verdict verdict = policy->evaluate(image(), {});
  EXPECT_EQ(verdict.action, Action::kAllow);
  EXPECT_EQ(verdict.severity, Severity::kInformational);
  ASSERT_EQ(verdict.matches.size(), 1U);
  EXPECT_TRUE(verdict.matches[0].shadow);
  EXPECT_EQ(verdict.matches[0].action, Action::kBlock);
  EXPECT_EQ(verdict.deciding(), nullptr);
}

TEST(Evaluate, AnyHttpMayBeInsideTls) {
  const auto policy = load(
      "rules:\n  - {name: r, state: block, protocols: [http], on_encrypted: block}\n"
      "  - {name: smb, state: block, protocols: [smb2], on_encrypted: block}\n");
  Transfer tls = transfer();
  tls.facts.protocol = Protocol::kTls;
  tls.facts.opaque = NotInspected::kEncrypted;
  const Verdict verdict = policy->evaluate(tls, {});
  ASSERT_EQ(verdict.matches.size(), 1U);
  EXPECT_EQ(verdict.matches[0].rule, "r");
}

TEST(Evaluate, AFlowHoldsNothingLargerThanItself) {
  const auto policy = load(
      "rules:\n  - {name: bulk, state: block, when: {size: {at_least: 100MiB}}, on_encrypted: block}\n"
      "  - {name: small, state: alert, when: {size: {at_most: 1KiB}}, on_encrypted: alert}\n");
  Transfer tls = transfer();
  tls.facts.opaque = NotInspected::kEncrypted;
  tls.size = 123;
  EXPECT_TRUE(policy->demand(tls).may_block) << "it may grow";
  ASSERT_EQ(policy->evaluate(tls, {}).matches.size(), 1U);
  tls.size = std::uint64_t{100} << 20;
  const Verdict verdict = policy->evaluate(tls, {});
  ASSERT_EQ(verdict.matches.size(), 2U) << "a large flow may hold a small object";
  EXPECT_EQ(verdict.matches[0].because_not_inspected, NotInspected::kEncrypted);
  tls.size = 123;
  tls.facts.opaque = NotInspected::kUnknownCoding;
  EXPECT_EQ(policy->evaluate(tls, {}).matches.size(), 2U) << "what is packed may be larger";
}

TEST(Evaluate, ExceptionsAndNames) {
  const auto policy = load(R"(
rules:
  - name: r
    state: alert
    exceptions:
      - {reason: approved, to: [partner], users: ["LAB\\*"]}
    when:
      any:
        - paths: ["*/passports/*"]
        - file_names: ["*.jp?g"]
      not: {shares: [public]}
)");
  Transfer one = transfer("10.0.0.1", "203.0.113.1");
  one.facts.path = "/up/%70assports/1";
  EXPECT_EQ(policy->evaluate(one, {}).matches.at(0).reason, "paths: fits '*/passports/*'; not (shares)");
  one.facts.user = "lab\\ada";
  EXPECT_TRUE(policy->evaluate(one, {}).matches.empty());
  one.facts.user = "ops\\ada";
  one.facts.share = "Public";
  EXPECT_TRUE(policy->evaluate(one, {}).matches.empty());
}

TEST(Evaluate, EveryRuleIsAskedAndTheStrictestDecides) {
  const auto policy = load(R"(
rules:
  - {name: a, state: alert, severity: critical, tags: [pii]}
  - {name: b, state: block, severity: low, when: {image: any}}
  - {name: c, state: off}
)");
  const Verdict verdict = policy->evaluate(image(), {});
  EXPECT_EQ(verdict.action, Action::kBlock);
  EXPECT_EQ(verdict.severity, Severity::kCritical);
  EXPECT_EQ(verdict.matches.size(), 2U);
  EXPECT_THAT(verdict.matches[0].tags, testing::ElementsAre("pii"));
  EXPECT_EQ(verdict.deciding()->rule, "b");
  EXPECT_EQ(policy->rule_count(), 2U);
}

TEST(Demand, FollowsWhatIsKnown) {
  const auto policy = load(kFaces);
  Transfer one = transfer();
  Demand demand = policy->demand(one);
  EXPECT_EQ(demand.interest, Interest::kContent);
  EXPECT_EQ(demand.findings, bit(FindingKind::kFace));
  EXPECT_TRUE(demand.may_block);
  EXPECT_EQ(demand.deadline, std::chrono::seconds(3));
  one.content = ContentType::kPdf;  // may hold images
  demand = policy->demand(one);
  EXPECT_EQ(demand.interest, Interest::kContent);
  EXPECT_EQ(demand.findings, bit(FindingKind::kFace));
  EXPECT_TRUE(demand.may_block);
  one.content = ContentType::kText;
  demand = policy->demand(one);
  EXPECT_EQ(demand.interest, Interest::kNone);
  EXPECT_FALSE(demand.may_block);
  EXPECT_EQ(policy->demand(transfer("10.0.0.1", "203.0.113.9")).interest, Interest::kNone);
}

TEST(Demand, NothingIsLookedForThatCannotChangeTheOutcome) {
  const auto policy = load(R"(
rules:
  - {name: certain, state: block, severity: high, when: {image: any}}
  - {name: weaker, state: alert, severity: medium, when: {faces: {}}}
  - {name: graver, state: alert, severity: critical, when: {plates: {}}}
)");
  EXPECT_EQ(policy->demand(transfer()).findings, bit(FindingKind::kFace) | bit(FindingKind::kPlate));
  EXPECT_EQ(policy->demand(image()).findings, bit(FindingKind::kPlate));
}

TEST(Demand, OpaqueTransfersAskNoBytes) {
  Transfer hidden = transfer();
  hidden.facts.opaque = NotInspected::kEncrypted;
  const Demand alert = load(kFaces)->demand(hidden);
  EXPECT_EQ(alert.interest, Interest::kAccount);
  EXPECT_EQ(alert.findings, 0U);
  EXPECT_FALSE(alert.may_block);
  EXPECT_TRUE(load(std::string(kFaces) + "    on_encrypted: block\n")->demand(hidden).may_block);
}

TEST(Demand, AnSmbUploadMayStillBeRenamed) {
  const auto policy = load("rules:\n  - {name: r, state: block, when: {file_names: [\"*.jpg\"], faces: {}}}\n");
  Transfer one = transfer();
  one.facts.file_name = "upload.tmp";
  EXPECT_EQ(policy->demand(one).interest, Interest::kNone);
  one.facts.protocol = Protocol::kSmb2;
  EXPECT_EQ(policy->demand(one).interest, Interest::kContent);
  one.ended = true;
  EXPECT_EQ(policy->demand(one).interest, Interest::kNone);
}

TEST(Demand, ANameThatExcusesNowMayBeAnotherAtTheEnd) {
  const auto policy = load(R"(
rules:
  - name: r
    state: block
    when: {faces: {}}
    exceptions: [{reason: press photos, file_names: ["public-*"]}]
)");
  Transfer one = transfer();
  one.facts.file_name = "public-1.jpg";
  EXPECT_EQ(policy->demand(one).interest, Interest::kNone);
  one.facts.protocol = Protocol::kSmb2;
  EXPECT_EQ(policy->demand(one).interest, Interest::kContent);
  one.ended = true;
  EXPECT_EQ(policy->demand(one).interest, Interest::kNone);
}

TEST(Demand, RecordingTakesTheTypeOnly) {
  const auto policy = load("record: {from: [agency], what: images}\n");
  EXPECT_EQ(policy->demand(transfer()).interest, Interest::kDigest);
  EXPECT_TRUE(policy->evaluate(image(), {}).record);
  EXPECT_FALSE(policy->evaluate(transfer(), {}).record);
  EXPECT_EQ(policy->demand(transfer("198.51.100.1", "10.0.0.1")).interest, Interest::kNone);
}

TEST(InterestOfFlows, EitherDirectionCounts) {
  const auto policy = load(kFaces);
  EXPECT_EQ(policy->interest(flow("10.0.0.1", "198.51.100.1")), Interest::kContent);
  EXPECT_EQ(policy->interest(flow("198.51.100.1", "10.0.0.1")), Interest::kContent);
  EXPECT_EQ(policy->interest(flow("10.0.0.1", "10.0.0.2")), Interest::kNone);
  EXPECT_EQ(policy->interest(flow("10.0.0.1", "203.0.113.1")), Interest::kNone);
  EXPECT_EQ(policy->interest(flow("192.0.2.1", "198.51.100.1")), Interest::kNone);
}

TEST(Digest, SaysWhatDecidesNotHowItIsWritten) {
  const auto a = load("rules:\n  - {name: r, state: alert, to: [partner, agency]} # why\n");
  const auto b = load("rules:\n  - name: r\n    state: alert\n    severity: medium\n    to: [agency, partner]\n");
  const auto c = load("rules:\n  - {name: r, state: block, to: [partner, agency]}\n");
  EXPECT_EQ(a->digest(), b->digest());
  EXPECT_NE(a->digest(), c->digest());
  EXPECT_EQ(a->digest().size(), 64U);
}

TEST(Capability, AFrontEndThatCannotBlockIsTold) {
  Capabilities tap;
  tap.front_end = "tap";
  tap.can_inject = true;
  const LoadResult result = load_policy_text(kHead + std::string(kFaces), "test.yaml", {tap, std::nullopt});
  ASSERT_NE(result.policy, nullptr);
  EXPECT_EQ(result.diagnostics.at(0).code, "unused");
  EXPECT_EQ(result.diagnostics.at(1).code, "best-effort-block");
}

TEST(Check, ANetworkThatATestSpeaksOfIsUsed) {
  const std::string policy =
      "version: 1\nname: t\nnetworks:\n  agency: {cidrs: [10.0.0.0/8]}\n  other: {cidrs: [192.0.2.0/24]}\nrules:\n"
      "  - {name: r, state: alert, to: {not: [agency]}}\n";
  const std::string test = "tests:\n  - {name: t, transfer: {from: agency, to: other}, expect: {verdict: alert}}\n";
  EXPECT_EQ(load_policy_text(policy, "t").warnings(), 1U);
  EXPECT_EQ(load_policy_text(policy + test, "t").warnings(), 0U);
}

TEST(FingerprintSets, FilesLieBesideThePolicy) {
  const auto result = load_policy_text(
      "version: 1\nname: t\nfingerprints:\n  a: {file: a.spf}\nrules:\n"
      "  - {name: r, state: alert, when: {near: {set: a}}}\n",
      "t", {}, "/etc/sallyport");
  ASSERT_NE(result.policy, nullptr) << to_text(result);
  ASSERT_EQ(result.policy->fingerprint_sets().size(), 1U);
  EXPECT_EQ(result.policy->fingerprint_sets()[0].file, "/etc/sallyport/a.spf");
  EXPECT_EQ(result.policy->fingerprint_sets()[0].distance_max, 31);
}

TEST(FingerprintSets, CopiesAreWholeUnlessPartsAreAskedFor) {
  const auto result = load_policy_text(
      "version: 1\nname: t\nfingerprints:\n  a: {file: a.spf}\n  b: {file: b.spf, copies: whole}\n"
      "  c: {file: c.spf, copies: parts}\nrules:\n"
      "  - {name: r, state: alert, when: {any: [{near: {set: a}}, {near: {set: b}}, {near: {set: c}}]}}\n",
      "t");
  ASSERT_NE(result.policy, nullptr) << to_text(result);
  const auto& sets = result.policy->fingerprint_sets();
  ASSERT_EQ(sets.size(), 3U);
  EXPECT_FALSE(sets[0].parts);
  EXPECT_FALSE(sets[1].parts);
  EXPECT_TRUE(sets[2].parts);
}

TEST(LoadFile, SaysWhyItCannotBeRead) {
  const LoadResult result = load_policy_file("/nonexistent/policy.yaml");
  EXPECT_EQ(result.policy, nullptr);
  EXPECT_EQ(to_text(result),
            "/nonexistent/policy.yaml: error: cannot be read: No such file or directory [unreadable]\n1 error: not "
            "loaded.\n");
}

constexpr const char* kDelivered = R"(
rules:
  - {name: left, state: block, from: [agency], when: {delivered: {at_least: 1MiB}}, on_encrypted: block}
)";

TEST(Delivered, IsAskedOfWhatHadLeft) {
  const auto policy = load(kDelivered);
  Transfer large = image();
  large.size = 10U << 20;
  large.account.delivered = (1U << 20) - 1;
  EXPECT_TRUE(policy->demand(large).may_block) << "more may leave";
  EXPECT_EQ(policy->demand(large).findings, 0U);
  EXPECT_EQ(policy->evaluate(large, {}).action, Action::kAllow);
  large.account.delivered = 1U << 20;
  const Verdict verdict = policy->evaluate(large, {});
  EXPECT_EQ(verdict.action, Action::kBlock);
  ASSERT_EQ(verdict.matches.size(), 1U);
  EXPECT_EQ(verdict.matches[0].reason, "from agency; delivered: 1048576 bytes before the verdict, 1MiB or more needed");
  EXPECT_EQ(load(policy->text().substr(policy->text().find("rules:")))->rule_count(), 1U);
}

TEST(Delivered, OfAFlowThatHidesItsObjectsIsNotKnown) {
  const auto policy = load(kDelivered);
  Transfer hidden = transfer();
  hidden.facts.opaque = NotInspected::kEncrypted;
  hidden.facts.protocol = Protocol::kTls;
  EXPECT_EQ(policy->evaluate(hidden, {}).action, Action::kAllow);
  hidden.account.delivered = 2U << 20;
  const Verdict verdict = policy->evaluate(hidden, {});
  EXPECT_EQ(verdict.action, Action::kBlock);
  ASSERT_EQ(verdict.matches.size(), 1U);
  EXPECT_EQ(verdict.matches[0].because_not_inspected, NotInspected::kEncrypted);
}

TEST(Delivered, OfARecordIsWhatItWasThen) {
  const auto policy = load(kDelivered);
  Transfer recorded = image();
  recorded.account.delivered = 100;
  EXPECT_TRUE(policy->recall(recorded, {}).unknown.empty());
}

}  // namespace
}  // namespace sallyport::policy
