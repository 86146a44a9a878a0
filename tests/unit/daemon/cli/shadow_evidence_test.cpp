// What shadow rules would have done, by the example of a small ledger.
#include "daemon/cli/shadow_evidence.h"

#include <gmock/gmock.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "daemon/app/policy_loading.h"
#include "daemon/cli/commands.h"
#include "daemon/cli/shadow_report.h"
#include "tests/unit/daemon/ledger/ledger_bench.h"

namespace sallyport::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr const char* kPolicy = R"(version: 1
name: promote
networks:
  agency: {cidrs: [10.0.0.0/8]}
  partner: {cidrs: [203.0.113.0/24]}
rules:
  - {name: faces, state: shadow, from: [agency], to: {not: [agency]}, when: {faces: {}}, on_gap: block, on_deadline: alert}
  - {name: plates, state: shadow, from: [agency], when: {plates: {}}, on_gap: allow, on_deadline: allow}
  - {name: never, state: shadow, from: [partner], to: [partner]}
  - {name: three-faces, state: block, from: [agency], when: {faces: {at_least: 3}}, on_gap: allow, on_deadline: alert}
)";

/// A row with so many faces, or why nobody could look; plates were not asked for.
Event row(int faces, const char* receiver, std::chrono::hours later, std::optional<NotInspected> hidden = {}) {
  Event event = test::sample_event();
  event.time += later;
  event.transfer.facts.sender.address = *IpAddress::parse("10.0.0.1");
  event.transfer.facts.receiver.address = *IpAddress::parse(receiver);
  event.transfer.not_inspected.reset();
  event.transfer.complete = true;
  event.findings = {};
  if (!hidden) event.findings.looked_for = bit(FindingKind::kFace);
  event.findings.not_inspected = hidden;
  for (int i = 0; i < faces; ++i) event.findings.faces.push_back({{}, 0.9F});
  event.verdict = {};
  return event;
}

class Evidence : public test::LedgerTest {
 protected:
  void SetUp() override {
    using std::chrono::hours;
    open()->keep(std::vector{row(1, "203.0.113.5", hours(0)), row(1, "8.8.8.8", hours(24)), row(3, "8.8.8.8", hours(25)),
                             row(0, "8.8.8.8", hours(48)), row(0, "8.8.8.8", hours(72), NotInspected::kDeadline)});
    std::ofstream(file) << kPolicy;
  }
  EvidenceCollector collect() {
    EvidenceCollector evidence(load_active_policy_text(kPolicy, "policy.yaml").active, {"faces", "plates", "never"});
    for (const LedgerRow& one : rows()) evidence.add(one);
    return evidence;
  }
  /// Exit status and what was printed.
  std::pair<int, std::string> run(std::vector<std::string> more) {
    std::vector<std::string> arguments{"policy", "promote", "--ledger", folder.path("ledger.db"), file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    std::reverse(arguments.begin(), arguments.end());
    CLI::App app;
    int status = -1;
    add_policy_command(app, status);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    app.parse(arguments);
    const std::string out = testing::internal::GetCapturedStdout();
    return {status, out + testing::internal::GetCapturedStderr()};
  }

  std::string file = folder.path("policy.yaml");
};

TEST_F(Evidence, CountsWhatPromotionWouldChange) {
  const EvidenceCollector collected = collect();
  EXPECT_EQ(collected.rows(), 5U);
  const ShadowEvidence& faces = collected.rules().at("faces");
  EXPECT_EQ(faces.matched, 4U);
  EXPECT_EQ(faces.not_inspected, 1U);
  EXPECT_EQ(faces.new_blocks, 2U) << "three faces are blocked as it is, and the deadline only alerts";
  EXPECT_EQ(faces.new_alerts, 2U) << "of the deadline another rule tells already";
  EXPECT_EQ(faces.new_alerts_only, 0U);
  EXPECT_EQ(faces.most_a_day(), 2U);
  EXPECT_EQ(faces.days.size(), 3U);
  EXPECT_THAT(faces.receivers, ElementsAre(Pair("elsewhere", 3U), Pair("partner", 1U)));
  EXPECT_EQ(faces.sender_addresses.size(), 1U);
  EXPECT_EQ(faces.examples.size(), 3U);
  EXPECT_EQ(faces.unknown, 0U);
}

TEST_F(Evidence, WhatNobodyLookedForIsUnknown) {
  const ShadowEvidence plates = collect().rules().at("plates");
  EXPECT_EQ(plates.matched, 0U);
  EXPECT_EQ(plates.unknown, 4U) << "and of the fifth nobody could have known";
}

TEST_F(Evidence, OfARuleThatNeverMatchesThereIsNone) {
  EXPECT_EQ(collect().rules().at("never").matched, 0U);
  EXPECT_THAT(shadow_text(collect(), "p", 0), HasSubstr("\nnever\n  matched                                          0\n"));
}

TEST_F(Evidence, TheCommandTellsIt) {
  const auto [status, text] = run({"--rule", "faces"});
  EXPECT_EQ(status, kExitClean);
  EXPECT_THAT(text, HasSubstr("over 5 transfers from 2023-11-14T22:13:21Z to 2023-11-17T22:13:21Z\n"));
  EXPECT_THAT(text, HasSubstr("  in state block: blocks that there are not now    2\n"));
  EXPECT_THAT(text, HasSubstr("  to    elsewhere 3, partner 1\n"));
  EXPECT_THAT(text, HasSubstr("faces: 1 with score 0.50 or more, 1 needed"));
  EXPECT_THAT(text, testing::Not(HasSubstr("plates")));
  const auto json = nlohmann::json::parse(run({"--json"}).second);
  EXPECT_EQ(json["rules"]["faces"]["in_state_block"]["new_blocks"], 2);
  EXPECT_EQ(json["rules"]["plates"]["unknown"], 4);
}

TEST_F(Evidence, EveryNameThatIsNoShadowRuleIsTold) {
  const auto [status, text] = run({"--rule", "facse", "--rule", "three-faces"});
  EXPECT_EQ(status, kExitError);
  EXPECT_THAT(text, HasSubstr("no shadow rule is named 'facse', did you mean 'faces'?"));
  EXPECT_THAT(text, HasSubstr("no shadow rule is named 'three-faces'"));
}

}  // namespace
}  // namespace sallyport::cli
