// What a replay counts, and that it says what a live run of the same traffic says.
#include "daemon/cli/replay.h"

#include <gmock/gmock.h>

#include "daemon/cli/replay_report.h"
#include "daemon/cli/time_text.h"
#include "tests/unit/daemon/ledger/ledger_bench.h"
#include "tests/unit/daemon/pipeline/shard_bench.h"

namespace sallyport::cli {
namespace {

using namespace std::chrono_literals;
using test::LedgerTest;
using testing::ElementsAre;
using testing::HasSubstr;

/// Sees what the object's first bytes behind the JPEG header say: P a plate, F a face, D nothing in time.
class ReadingClassifier : public Classifier {
 public:
  void classify(ClassifyRequest request, std::function<void(Findings)> done) override {
    const std::string_view mark = as_text(request.object->bytes()).substr(24, 8);
    Findings findings;
    if (mark.find('D') != std::string_view::npos) {
      findings.not_inspected = NotInspected::kDeadline;
      return done(findings);
    }
    findings.looked_for = request.wanted;
    findings.format = request.content;
    const auto add = [&](FindingKind kind, char sign, std::vector<Detection>& to) {
      if ((request.wanted & bit(kind)) == 0) return;
      for (const char c : mark) {
        if (c == sign) to.push_back({{1, 2, 3, 4}, 0.75F});
      }
    };
    add(FindingKind::kFace, 'F', findings.faces);
    add(FindingKind::kPlate, 'P', findings.plates);
    done(findings);
  }
};

constexpr const char* kNetworks = R"(version: 1
name: replay
networks:
  agency: {cidrs: [10.0.0.0/8]}
  partner: {cidrs: [203.0.113.0/24]}
  lab: {cidrs: [198.51.100.0/24]}
)";

/// Asks for everything, of everybody.
const std::string kThen = std::string(kNetworks) + R"(record: {what: all}
rules:
  - {name: plates, state: block, from: [agency], to: {not: [agency, partner]}, when: {plates: {}}, on_deadline: alert}
  - {name: faces, state: alert, from: [agency], when: {faces: {at_least: 2}}}
  - {name: faces-shadow, state: shadow, when: {faces: {}}}
  - {name: plates-shadow, state: shadow, when: {plates: {}}}
  - {name: pictures-shadow, state: shadow, count: {what: distinct_images, more_than: 5, within: 1h}}
)";
/// Asks for no more than that.
const std::string kNow = std::string(kNetworks) + R"(record: {what: all}
rules:
  - {name: plates, state: alert, severity: high, from: [agency], to: {not: [agency]}, when: {plates: {at_least: 2}}, on_deadline: block}
  - {name: faces, state: block, from: [agency], to: {not: [partner]}, when: {any: [{faces: {}}, {file_names: ["lane*"], content: [text]}]}}
  - {name: not-a-plate, state: alert, to: [lab], when: {image: any, not: {plates: {}}}}
  - {name: many, state: alert, to: {not: [agency]}, when: {faces: {}},
     count: {what: distinct_images, more_than: 3, within: 20s, by: [receiver_network]}}
  - {name: much, state: shadow, count: {what: bytes, more_than: 3KiB, within: 10s, kind: decaying, by: [receiver]}}
)";

/// Warnings (networks that a policy here does not use) are no concern.
std::shared_ptr<const ActivePolicy> policy_of(const std::string& text) {
  const PolicyLoad load = load_active_policy_text(text, "policy.yaml");
  EXPECT_NE(load.active, nullptr) << testing::PrintToString(load.diagnostics);
  return load.active;
}

/// One upload on a connection of its own, a second after the one before.
void upload(test::ShardBench& shard, int number, const char* to, const std::string& request) {
  test::TcpScript script("10.0.0." + std::to_string(number), to);
  script.wait(std::chrono::seconds(number));
  script.handshake().client().data(request.substr(0, 300)).data(request.substr(300));
  shard.play(script);
  shard.pass(1ms);
}

/// Uploads of all kinds to all.
void play(test::ShardBench& shard) {
  int number = 0;
  for (const char* const to : {"192.0.2.9", "203.0.113.5", "198.51.100.7"}) {
    for (const std::string_view mark : {"", "P", "PP", "F", "FF", "FP", "D"}) {
      for (const std::size_t size : {std::size_t{500}, std::size_t{700}}) {
        upload(shard, ++number, to, test::post(test::jpeg(size).replace(24, mark.size(), mark)));
      }
    }
    upload(shard, ++number, to, test::post(std::string(900, 't'), "text/plain"));
  }
}

std::vector<Event> live(const std::string& policy) {
  ReadingClassifier classifier;
  test::BenchShared shared;
  shared.policy = policy_of(policy);
  test::ShardBench shard(shared, classifier);
  play(shard);
  return shared.events.concluded;
}

std::string verdict_text(const Verdict& verdict) {
  std::string text(to_string(verdict.action));
  text += ' ' + std::string(to_string(verdict.severity));
  for (const RuleMatch& match : verdict.matches) {
    text += "; " + match.rule + ' ' + std::string(to_string(match.action)) + (match.shadow ? " shadow " : " ") +
            match.reason;
  }
  return text;
}

class ReplayTest : public LedgerTest {
 protected:
  void keep(const std::vector<Event>& events) { open()->keep(events); }
  ReplayResult replay(const std::string& now, const std::string& then = {}) {
    Replay replay(policy_of(now), then.empty() ? nullptr : policy_of(then));
    for (const LedgerRow& row : rows()) replay.add(row);
    return replay.result();
  }
};

TEST_F(ReplayTest, SaysWhatALiveRunSays) {
  const std::vector<Event> then = live(kThen);
  const std::vector<Event> now = live(kNow);
  ASSERT_EQ(then.size(), 45U);
  ASSERT_EQ(now.size(), then.size());
  keep(then);
  const auto policy = policy_of(kNow);
  const auto recorded = rows();
  ASSERT_EQ(recorded.size(), then.size());
  std::size_t blocked = 0, differing = 0;
  for (std::size_t i = 0; i < recorded.size(); ++i) {
    const policy::Recollection recalled = judge(*policy, *policy->memory, recorded[i]);
    EXPECT_THAT(recalled.unknown, testing::IsEmpty());
    EXPECT_EQ(verdict_text(recalled.verdict), verdict_text(now[i].verdict)) << i;
    blocked += now[i].verdict.action == Action::kBlock;
    differing += now[i].verdict.action != then[i].verdict.action;
  }
  EXPECT_GT(blocked, 5U);
  EXPECT_GT(differing, 5U) << "the policies have to differ for this to mean anything";
}

TEST_F(ReplayTest, ThePolicyThatWasInForceChangesNothing) {
  keep(live(kThen));
  const ReplayResult result = replay(kThen);
  EXPECT_EQ(result.rows, 45U);
  EXPECT_EQ(result.count(Change::kNone), 45U);
  EXPECT_FALSE(result.fails(FailOn::kAny));
  EXPECT_TRUE(result.examples.empty());
  EXPECT_EQ(result.rules.at("plates").kept, 16U);
}

TEST_F(ReplayTest, AgainstAnotherPolicyWhatWasRecordedDoesNotMatter) {
  keep(live(kThen));
  EXPECT_EQ(replay(kNow, kNow).count(Change::kNone), 45U);
  const ReplayResult recorded = replay(kNow), compared = replay(kNow, kThen);
  EXPECT_EQ(compared.changes, recorded.changes);
  EXPECT_EQ(compared.verdicts, recorded.verdicts);
}

/// A row with these faces, sent to `receiver`; of plates nobody asked.
Event row_with_faces(int faces, const char* receiver) {
  Event event = test::sample_event();
  event.transfer.facts.sender.address = *IpAddress::parse("10.0.0.1");
  event.transfer.facts.receiver.address = *IpAddress::parse(receiver);
  event.transfer.not_inspected.reset();
  event.transfer.complete = true;
  event.findings = {};
  event.findings.looked_for = bit(FindingKind::kFace);
  for (int i = 0; i < faces; ++i) event.findings.faces.push_back({{}, 0.9F});
  event.verdict = {};
  event.disposition = Disposition::kAllowed;
  return event;
}
std::string one_rule(const std::string& state, const std::string& when) {
  return std::string(kNetworks) + "rules:\n  - {name: rule, state: " + state + ", from: [agency], when: {" + when +
         "}}\n";
}

TEST_F(ReplayTest, CountsByContractor) {
  keep({row_with_faces(1, "203.0.113.5"), row_with_faces(1, "198.51.100.7"), row_with_faces(1, "8.8.8.8")});
  const ReplayResult result = replay(
      one_rule("alert", "faces: {}") +
      "contractors:\n  keepers: {networks: [partner]}\ncontracts:\n  - {name: c, contractor: keepers, purpose: x, "
      "may_receive: [faces], expires: 2030-12-31}\n");
  ASSERT_EQ(result.contractors.size(), 1U);
  EXPECT_EQ(result.contractors.at("keepers")[static_cast<std::size_t>(Change::kStricter)], 1U);
  EXPECT_THAT(replay_text(result, {"new", "old", 0}), HasSubstr("\ncontractors  "));
  EXPECT_THAT(replay_json(result, {"new", "old", 0}), HasSubstr("\"contractors\": {\n    \"keepers\": {"));
}

TEST_F(ReplayTest, CountsByVerdictRuleAndReceiver) {
  keep({row_with_faces(1, "203.0.113.5"), row_with_faces(1, "198.51.100.7"), row_with_faces(0, "203.0.113.5"),
        row_with_faces(2, "8.8.8.8")});
  const ReplayResult result = replay(one_rule("alert", "faces: {}"));
  EXPECT_EQ(result.count(Change::kStricter), 3U);
  EXPECT_EQ(result.count(Change::kNone), 1U);
  EXPECT_EQ((result.verdicts.at({"allow", "alert"})), 3U);
  EXPECT_EQ(result.rules.at("rule").gained, 3U);
  const auto stricter = static_cast<std::size_t>(Change::kStricter);
  EXPECT_EQ(result.receivers.at("partner")[stricter], 1U);
  EXPECT_EQ(result.receivers.at("lab")[stricter], 1U);
  EXPECT_EQ(result.receivers.at("elsewhere")[stricter], 1U);
  EXPECT_EQ(result.examples.size(), 2U) << "two of a kind";
  EXPECT_TRUE(result.fails(FailOn::kAny));
  EXPECT_TRUE(result.fails(FailOn::kStricter));
  EXPECT_FALSE(result.fails(FailOn::kLooser));
  EXPECT_FALSE(result.fails(FailOn::kNone));
}

TEST_F(ReplayTest, ALooserPolicyFailsWhereThatIsNotExpected) {
  Event event = row_with_faces(1, "8.8.8.8");
  event.verdict.action = Action::kBlock;
  event.verdict.matches = {{"old", Severity::kHigh, Action::kBlock, false, "", std::nullopt, {}}};
  keep({event});
  const ReplayResult result = replay(one_rule("alert", "faces: {}"));
  EXPECT_EQ(result.count(Change::kLooser), 1U);
  EXPECT_EQ(result.rules.at("old").lost, 1U);
  EXPECT_TRUE(result.fails(FailOn::kLooser));
  EXPECT_FALSE(result.fails(FailOn::kStricter));
}

TEST_F(ReplayTest, ARuleThatMovesToShadowIsAChange) {
  Event event = row_with_faces(1, "8.8.8.8");
  event.verdict.action = Action::kAlert;
  event.verdict.matches = {{"rule", Severity::kMedium, Action::kAlert, false, "", std::nullopt, {}}};
  keep({event});
  EXPECT_EQ(replay(one_rule("alert", "faces: {}")).count(Change::kNone), 1U);
  const ReplayResult result = replay(one_rule("shadow", "faces: {}"));
  EXPECT_EQ(result.count(Change::kLooser), 1U);
  EXPECT_TRUE(result.rules.at("rule").shadow);
}

TEST_F(ReplayTest, WhatNobodyLookedForIsUnknownAndFailsTheGateItCouldFail) {
  keep({row_with_faces(0, "8.8.8.8")});
  const ReplayResult result = replay(one_rule("block", "plates: {}"));
  EXPECT_EQ(result.count(Change::kUnknown), 1U);
  EXPECT_EQ(result.rules.at("rule").unknown, 1U);
  EXPECT_EQ((result.verdicts.at({"allow", "allow or block"})), 1U);
  EXPECT_TRUE(result.fails(FailOn::kAny));
  EXPECT_TRUE(result.fails(FailOn::kStricter));
  EXPECT_FALSE(result.fails(FailOn::kLooser)) << "it can only be stricter";
  EXPECT_THAT(result.examples.at(0).rules, ElementsAre("? rule: nobody looked then"));
}

TEST_F(ReplayTest, RegisteredSetsAreComparedAnew) {
  Event event = row_with_faces(0, "8.8.8.8");
  event.findings.looked_for = bit(FindingKind::kFingerprint);
  event.findings.pdq = PdqHash{0xFF};
  event.findings.pdq_quality = 90;
  Fingerprint registered;
  registered.pdq = PdqHash{0xF0};
  registered.pdq_quality = 90;
  registered.name = "front";
  ASSERT_TRUE(FingerprintIndex::of({registered}).save(folder.path("cards.spf")));
  keep({event});
  const auto with_distance = [this](int distance) {
    return "version: 1\nname: sets\nfingerprints:\n  cards: {file: " + folder.path("cards.spf") +
           "}\nrules:\n  - {name: copies, state: block, when: {near: {set: cards, distance_max: " +
           std::to_string(distance) + "}}}\n";
  };
  EXPECT_EQ(replay(with_distance(4)).count(Change::kStricter), 1U);
  EXPECT_EQ(replay(with_distance(3)).count(Change::kNone), 1U);
}

TEST_F(ReplayTest, TheReportNamesWhatChanged) {
  keep({row_with_faces(1, "203.0.113.5"), row_with_faces(0, "203.0.113.5")});
  const ReplayResult result = replay(one_rule("shadow", "faces: {}"));
  const std::string text = replay_text(result, {"new.yaml (sha256 1234abcd)", "what was recorded", 3});
  EXPECT_EQ(text,
            R"(replayed 2 transfers from 2023-11-14T22:13:21Z to 2023-11-14T22:13:21Z
  under    new.yaml (sha256 1234abcd)
  against  what was recorded
  damaged  3 rows, left out

unchanged                                    1
stricter                                     0
looser                                       0
same verdict, by other rules                 1
unknown: nobody looked then                  0

rules                                   gained      lost      kept   unknown
  rule (shadow)                              1         0         0         0

receivers                             stricter    looser     rules   unknown
  partner                                    0         0         1         0

examples
  row 1, 2023-11-14T22:13:21Z: jpeg 'cards.jpg' from 10.0.0.1:50122 to 203.0.113.5:80: allow -> allow
      + rule (shadow): from agency; faces: 1 with score 0.50 or more, 1 needed
)");
  EXPECT_THAT(replay_json(result, {"new", "old", 0}), HasSubstr("\"rule\": {\n      \"gained\": 1,"));
}

TEST(TimeText, ReadsWhatPeopleWrite) {
  const Timestamp now{1'700'000'000s};
  EXPECT_EQ(time_text(now), "2023-11-14T22:13:20Z");
  EXPECT_EQ(parse_time("2023-11-14T22:13:20Z", now), now);
  EXPECT_EQ(time_text(*parse_time("2023-11-14", now)), "2023-11-14T00:00:00Z");
  EXPECT_EQ(parse_time("2h", now), now - 2h);
  EXPECT_EQ(parse_time("7d", now), now - 24h * 7);
  for (const char* const bad : {"", "yesterday", "2023-13-01", "2023-02-31", "2023-11-14T22:13:20", "2023-11-14Z",
                                "2023-11-14T22:13:20+01:00", "7 d"}) {
    EXPECT_FALSE(parse_time(bad, now)) << bad;
  }
}

}  // namespace
}  // namespace sallyport::cli
