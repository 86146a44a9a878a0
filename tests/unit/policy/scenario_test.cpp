// A scenario becomes the transfer that its words describe.
#include "policy/scenario.h"

#include <gtest/gtest.h>

#include "policy/loader.h"
#include "policy/scenario_loader.h"
#include "policy/scenario_place.h"

namespace sallyport::policy {
namespace {

constexpr const char* kPolicy = R"(version: 1
name: test
networks:
  agency: {cidrs: [10.0.0.0/8]}
  lanes: {cidrs: [10.0.0.0/24, 10.128.0.0/9]}
  one: {cidrs: [192.0.2.7]}
  six: {cidrs: ["2001:db8::/32"]}
fingerprints:
  lane-photos: {file: lanes.spf}
record: {what: all}
rules:
  - {name: near, state: alert, when: {near: {set: lane-photos}}}
)";

LoadResult policy() {
  LoadResult result = load_policy_text(kPolicy, "policy.yaml");
  EXPECT_NE(result.document, nullptr) << to_text(result);
  return result;
}

PlayedTransfer played(const std::string& text) {
  const ScenarioResult result = load_scenario_text(text, "scenario", *policy().document);
  for (const Diagnostic& fault : result.diagnostics) ADD_FAILURE() << to_text(fault);
  return result.played.value_or(PlayedTransfer());
}

TEST(Scenario, WhatIsLeftOutWasLookedForAndIsNotThere) {
  const PlayedTransfer one = played("{from: agency, to: 198.51.100.7}");
  EXPECT_EQ(one.findings.looked_for, kAllFindings);
  EXPECT_TRUE(one.findings.faces.empty());
  EXPECT_EQ(one.transfer.content, ContentType::kJpeg);
  EXPECT_EQ(one.transfer.size, 100U << 10);
  EXPECT_EQ(one.transfer.account.seen, one.transfer.size);
  EXPECT_EQ(one.transfer.facts.protocol, Protocol::kHttp1);
  EXPECT_TRUE(one.transfer.facts.upload);
  EXPECT_TRUE(one.transfer.ended && one.transfer.complete && one.transfer.sha256);
  EXPECT_EQ(one.transfer.last_seen, default_start());
}

TEST(Scenario, EveryKeyArrives) {
  const PlayedTransfer one = played(R"(
from: agency
to: 198.51.100.7
protocol: smb2
opened_by: receiver
host: files.example
user: LAB\ada
share: lanes
path: in\a.jpg
content: png
size: 2MiB
delivered: 1KiB
faces: [0.4, 0.9]
plates: 2
near: {set: lane-photos, item: lane-7, distance: 12}
sha256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
pdq: ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
evasion: [type_mismatch, tcp_overlap]
at: 2026-03-01T08:30:00Z
)");
  const TransferFacts& facts = one.transfer.facts;
  EXPECT_EQ(facts.protocol, Protocol::kSmb2);
  EXPECT_FALSE(facts.upload);
  EXPECT_EQ(facts.host, "files.example");
  EXPECT_EQ(facts.user, "LAB\\ada");
  EXPECT_EQ(facts.share, "lanes");
  EXPECT_EQ(facts.path, "in\\a.jpg");
  EXPECT_EQ(facts.file_name, "a.jpg");
  EXPECT_EQ(one.transfer.content, ContentType::kPng);
  EXPECT_EQ(one.transfer.size, 2U << 20);
  EXPECT_EQ(one.transfer.account.delivered, 1024U);
  ASSERT_EQ(one.findings.faces.size(), 2U);
  EXPECT_FLOAT_EQ(one.findings.faces[0].score, 0.4F);
  ASSERT_EQ(one.findings.plates.size(), 2U);
  EXPECT_FLOAT_EQ(one.findings.plates[1].score, 1);
  ASSERT_EQ(one.findings.matches.size(), 1U);
  EXPECT_EQ(one.findings.matches[0].item, "lane-7");
  EXPECT_EQ(one.findings.matches[0].distance, 12);
  EXPECT_EQ(to_hex(*one.transfer.sha256), std::string(64, 'a'));
  EXPECT_EQ(one.findings.pdq.value()[31], 0xFF);
  EXPECT_EQ(one.transfer.evasions, bit(Evasion::kTypeMismatch) | bit(Evasion::kTcpOverlap));
  EXPECT_EQ(moment_text(one.transfer.last_seen), "2026-03-01T08:30:00Z");
}

TEST(Scenario, AReasonStandsWhereTheDaemonPutsIt) {
  const PlayedTransfer tls = played("{from: agency, to: 198.51.100.7, not_inspected: encrypted}");
  EXPECT_EQ(tls.transfer.facts.opaque, NotInspected::kEncrypted);
  EXPECT_EQ(tls.transfer.facts.protocol, Protocol::kTls);
  EXPECT_EQ(tls.transfer.content, ContentType::kUnknown);
  EXPECT_FALSE(tls.transfer.sha256);
  const PlayedTransfer lost = played("{from: agency, to: 198.51.100.7, missing: 1KiB}");
  EXPECT_EQ(lost.transfer.not_inspected, NotInspected::kGap);
  EXPECT_EQ(lost.transfer.account.missing_bytes, 1024U);
  EXPECT_EQ(lost.transfer.account.seen, 99U << 10);
  EXPECT_FALSE(lost.transfer.complete || lost.transfer.sha256);
  const PlayedTransfer late = played("{from: agency, to: 198.51.100.7, plates: 0, not_inspected: deadline}");
  EXPECT_EQ(late.findings.not_inspected, NotInspected::kDeadline);
  EXPECT_EQ(late.findings.looked_for, bit(FindingKind::kPlate)) << "what is stated was looked for";
  EXPECT_TRUE(late.transfer.complete);
}

TEST(Scenario, EachObjectIsAnother) {
  const auto document = policy().document;
  const ScenarioDocument scenario{{}, {"agency", {}}, {"one", {}}, {}, {}, {}, {}, {}};
  ScenarioDocument whole = scenario;
  whole.transfer.complete = true;
  const auto first = play(whole, document->networks, {default_start(), 1});
  const auto second = play(whole, document->networks, {default_start(), 2});
  EXPECT_NE(first.transfer.sha256, second.transfer.sha256);
  EXPECT_NE(first.transfer.key, second.transfer.key);
}

std::string address(std::string_view word) {
  const auto found = address_for(word, policy().document->networks);
  return found ? found->to_string() : "nothing";
}

TEST(ScenarioPlace, AnAddressOfTheNetworkAndOfAsFewOthersAsPossible) {
  EXPECT_EQ(address("198.51.100.7"), "198.51.100.7");
  EXPECT_EQ(address("one"), "192.0.2.7");
  EXPECT_EQ(address("six"), "2001:db8::1");
  EXPECT_EQ(address("lanes"), "10.0.0.1");
  EXPECT_EQ(address("agency"), "10.0.1.1") << "beside the lanes inside it";
  EXPECT_EQ(address("nowhere"), "nothing");
}

TEST(ScenarioPlace, AnAddressOutsideAllNetworks) {
  const auto outside = address_outside(policy().document->networks);
  ASSERT_TRUE(outside);
  EXPECT_EQ(outside->to_string(), "198.51.100.1");
  const auto everywhere = load_policy_text(
      "version: 1\nname: t\nnetworks:\n  all: {cidrs: [0.0.0.0/0, \"::/0\"]}\nrecord: {from: [all]}\n", "t");
  ASSERT_NE(everywhere.document, nullptr) << to_text(everywhere);
  EXPECT_FALSE(address_outside(everywhere.document->networks));
  EXPECT_EQ(address_for("all", everywhere.document->networks)->to_string(), "0.0.0.1");
}

std::string faults(const std::string& text) {
  return to_text(load_policy_text(text, "p"));
}

TEST(Tests, KeysOfTestsAndOfRulesAreNotMistakenForEachOther) {
  EXPECT_NE(faults("version: 1\nname: t\nrule: []\n").find("did you mean 'rules'?"), std::string::npos);
  const std::string test =
      "version: 1\nname: t\ntests:\n  - name: a\n    transfer: {users: x, from: 10.0.0.1, to: 10.0.0.2}\n"
      "    expect: {verdict: allow}\n";
  EXPECT_NE(faults(test).find("did you mean 'user'?"), std::string::npos) << faults(test);
}

TEST(Tests, DecideNothing) {
  const std::string tests = "tests:\n  - {name: a, transfer: {from: one, to: six}, expect: {verdict: allow}}\n";
  const auto with = load_policy_text(kPolicy + tests, "policy.yaml");
  ASSERT_NE(with.policy, nullptr) << to_text(with);
  EXPECT_EQ(with.policy->digest(), policy().policy->digest());
  EXPECT_EQ(with.policy->text(), policy().policy->text());
  EXPECT_EQ(with.document->tests.size(), 1U);
}

TEST(Tests, TimesFollowEachOther) {
  const auto loaded = load_policy_text(std::string(kPolicy) + R"(
tests:
  - name: times
    sequence:
      - {repeat: 3, every: 1h, transfer: {from: one, to: six}}
      - {transfer: {from: one, to: six, at: +30m}}
      - {transfer: {from: one, to: six, at: 2026-02-01}}
)",
                                       "policy.yaml");
  ASSERT_NE(loaded.document, nullptr) << to_text(loaded);
  const auto& steps = loaded.document->tests.at(0).steps;
  EXPECT_EQ(moment_text(steps.at(0).start), "2026-01-01T00:00:00Z");
  EXPECT_EQ(moment_text(steps.at(1).start), "2026-01-01T02:30:00Z");
  EXPECT_EQ(moment_text(steps.at(2).start), "2026-02-01T00:00:00Z");
}

}  // namespace
}  // namespace sallyport::policy
