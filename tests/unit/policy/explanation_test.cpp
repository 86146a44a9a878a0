// What `policy explain` says of a transfer.
#include "policy/explanation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/loader.h"
#include "policy/scenario_loader.h"
#include "tests/support/golden_file.h"

namespace sallyport::policy {
namespace {

const std::filesystem::path kGoldens = std::filesystem::path(SALLYPORT_SOURCE_DIR) / "tests/golden/policy";

Explanation explain(const std::string& policy, const std::string& transfer) {
  const LoadResult loaded = load_policy_text(policy, "policy.yaml");
  EXPECT_NE(loaded.policy, nullptr) << to_text(loaded);
  const ScenarioResult scenario = load_scenario_text(transfer, "transfer", *loaded.document);
  for (const Diagnostic& fault : scenario.diagnostics) ADD_FAILURE() << to_text(fault);
  return explain_transfer(loaded.policy, *loaded.document, scenario.played.value_or(PlayedTransfer()));
}

TEST(Explanation, SaysAllThatCanBeSaid) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kGoldens)) {
    if (!entry.path().filename().string().starts_with("explain-")) continue;
    ++count;
    const Explanation explanation =
        explain(test::read_file(entry.path() / "policy.yaml"), test::read_file(entry.path() / "transfer.yaml"));
    test::expect_golden(entry.path() / "expect.txt", to_text(explanation));
    test::expect_golden(entry.path() / "expect.json", to_json(explanation).dump(2) + '\n');
  }
  EXPECT_GE(count, 3U);
}

/// A record of a JPEG that nobody looked into.
PlayedTransfer record_unlooked() {
  PlayedTransfer record;
  record.is_recorded = true;
  Transfer& transfer = record.transfer;
  transfer.facts.sender.address = *IpAddress::parse("10.0.0.1");
  transfer.facts.receiver.address = *IpAddress::parse("203.0.113.1");
  transfer.ended = transfer.complete = true;
  transfer.content = ContentType::kJpeg;
  transfer.sha256 = Sha256Digest{};
  return record;
}

TEST(Explanation, OfARecordWhatNobodyLookedForIsUnknown) {
  const LoadResult loaded = load_policy_text(
      "version: 1\nname: t\nrules:\n  - {name: pictures, state: alert, when: {image: any}}\n"
      "  - {name: plates, state: block, when: {plates: {}}}\n",
      "policy.yaml");
  ASSERT_NE(loaded.policy, nullptr) << to_text(loaded);
  PlayedTransfer record = record_unlooked();
  const Explanation unknown = explain_transfer(loaded.policy, *loaded.document, record);
  const std::string text = to_text(unknown);
  EXPECT_THAT(text, testing::StartsWith("verdict: alert or block, "));
  EXPECT_THAT(text, testing::HasSubstr("\nunknown, for nobody looked then: plates\n"));
  EXPECT_THAT(text, testing::HasSubstr("rule plates (block, medium) is unknown: it asks what nobody looked for then"));
  EXPECT_THAT(text, testing::HasSubstr("(nobody looked for it then)"));
  EXPECT_EQ(to_json(unknown)["verdict_most"], "block");
  EXPECT_EQ(to_json(unknown)["unknown"], nlohmann::ordered_json({"plates"}));
  record.findings.looked_for = bit(FindingKind::kPlate);
  const Explanation known = explain_transfer(loaded.policy, *loaded.document, record);
  EXPECT_THAT(to_text(known), testing::StartsWith("verdict: alert, "));
  EXPECT_THAT(known.unknown, testing::IsEmpty());
}

TEST(Explanation, KnowsWhatWasCountedBefore) {
  const LoadResult loaded = load_policy_text(
      "version: 1\nname: t\nrules:\n"
      "  - {name: many, state: block, count: {what: transfers, more_than: 1, within: 1h}}\n",
      "policy.yaml");
  ASSERT_NE(loaded.policy, nullptr) << to_text(loaded);
  const PlayedTransfer record = record_unlooked();
  const auto memory = loaded.policy->new_memory();
  loaded.policy->conclude(record.transfer, record.findings, *memory);
  const Explanation second = explain_transfer(loaded.policy, *loaded.document, record, memory);
  EXPECT_EQ(second.verdict.action, Action::kBlock);
  ASSERT_TRUE(second.rules.at(0).match);
  EXPECT_THAT(second.by_policy.at(0).words, testing::HasSubstr("rule many were in state"));
  EXPECT_EQ(explain_transfer(loaded.policy, *loaded.document, record).verdict.action, Action::kAllow);
  EXPECT_EQ(explain_transfer(loaded.policy, *loaded.document, record, memory).verdict.action, Action::kBlock)
      << "to explain counts nothing";
}

constexpr const char* kRule = R"(version: 1
name: test
networks:
  agency: {cidrs: [10.0.0.0/8]}
  partner: {cidrs: [203.0.113.0/24]}
rules:
)";

std::vector<std::string> flips(const std::string& rules, const std::string& transfer) {
  std::vector<std::string> words;
  for (const Change& change : explain(kRule + rules, transfer).by_facts) {
    words.push_back(std::string(to_string(change.action)) + " if " + change.words);
  }
  return words;
}

TEST(Counterfactual, OneDetectionOrALittleScore) {
  const std::string rule = "  - {name: r, state: block, from: [agency], when: {plates: {at_least: 2, score: 0.5}}}\n";
  EXPECT_EQ(flips(rule, "{from: agency, to: partner, plates: [0.9, 0.4]}").front(),
            "block if the score of 0.4 for plates were 0.5");
  EXPECT_THAT(flips(rule, "{from: agency, to: partner, plates: [0.9, 0.4]}"),
              testing::Contains("block if it had 1 more of plates with score 0.5 or more"));
  EXPECT_EQ(flips(rule, "{from: agency, to: partner, plates: [0.9, 0.6]}").front(),
            "allow if it had 1 fewer of plates with score 0.5 or more");
  EXPECT_THAT(flips(rule, "{from: partner, to: agency, plates: 2}"),
              testing::ElementsAre("block if the sender were in agency, such as 10.0.0.1"));
}

TEST(Counterfactual, EveryKindOfFact) {
  const auto flips_of = [](const std::string& when, const std::string& transfer) {
    return flips("  - {name: r, state: block, when: {" + when + "}}\n",
                 "{from: agency, to: partner, " + transfer + '}');
  };
  using testing::Contains;
  EXPECT_THAT(flips_of("size: {at_least: 1MiB}", "size: 900KiB"), Contains("block if it had 1MiB or more"));
  EXPECT_THAT(flips_of("size: {at_most: 1MiB}", "size: 900KiB"), Contains("allow if it had 1048577B or more"));
  EXPECT_THAT(flips_of("size: {at_least: 1MiB}", "size: 2MiB"), Contains("allow if it had less than 1MiB"));
  EXPECT_THAT(flips_of("paths: ['*/x/*']", "path: /y"), Contains("block if its path fitted '*/x/*'"));
  EXPECT_THAT(flips_of("users: [ada]", "user: ada"), Contains("allow if its user did not fit 'ada'"));
  EXPECT_THAT(flips_of("content: [zip]", "content: text"), Contains("block if its content were zip"));
  EXPECT_THAT(flips_of("opened_by: sender", "size: 1B"), Contains("allow if the receiver had opened the connection"));
  EXPECT_THAT(flips_of("evasion: [tcp_overlap]", "size: 1B"), Contains("block if it showed tcp_overlap"));
  EXPECT_THAT(flips_of("not_inspected: [gap]", "missing: 1B"),
              Contains("allow if it had been inspected, and nothing more were in it"));
  EXPECT_THAT(flips_of("not_inspected: [gap]", "size: 1B"), Contains("block if it could not be inspected: gap"));
}

TEST(Counterfactual, DistanceToARegisteredImage) {
  const std::string rule =
      "  - {name: r, state: block, when: {near: {set: f, distance_max: 20}}}\nfingerprints:\n  f: {file: f.spf}\n";
  EXPECT_THAT(flips(rule, "{from: agency, to: partner, near: {set: f, distance: 24}}"),
              testing::Contains("block if it were within 20 bits of an image of f"));
  EXPECT_THAT(flips(rule, "{from: agency, to: partner, near: {set: f, distance: 12}}"),
              testing::Contains("allow if it were further than 20 bits from all of f"));
}

TEST(Counterfactual, AnotherCamera) {
  const std::string rule =
      "  - {name: r, state: block, when: {camera: lane-3}}\ncameras:\n  lane-3: {signs: [{make: a}]}\n"
      "  lane-4: {signs: [{make: b}]}\n";
  EXPECT_THAT(flips(rule, "{from: agency, to: partner, camera: lane-4}"),
              testing::Contains("block if it were from camera lane-3"));
  EXPECT_THAT(flips(rule, "{from: agency, to: partner, camera: [lane-3, lane-4]}"),
              testing::Contains("allow if it were from none of our cameras"));
}

TEST(Counterfactual, StatesOfRules) {
  const std::string rules =
      "  - {name: a, state: block, when: {plates: {}}}\n  - {name: b, state: shadow, when: {plates: {score: 0.4}}}\n"
      "  - {name: c, state: off, when: {plates: {score: 0.3}}}\n";
  std::vector<std::string> words;
  for (const Change& change : explain(kRule + rules, "{from: agency, to: partner, plates: [0.45]}").by_policy) {
    words.push_back(std::string(to_string(change.action)) + " if " + change.words);
  }
  EXPECT_THAT(words, testing::ElementsAre("alert if rule b were in state alert, not shadow",
                                          "block if rule b were in state block, not shadow",
                                          "alert if rule c were in state alert, not off",
                                          "block if rule c were in state block, not off"));
}

TEST(Explanation, EachFlipReallyFlips) {
  const std::string policy = test::read_file(kGoldens / "explain-blocked/policy.yaml");
  const Explanation blocked = explain(policy, test::read_file(kGoldens / "explain-blocked/transfer.yaml"));
  EXPECT_FALSE(blocked.by_facts.empty());
  for (const Change& change : blocked.by_facts) EXPECT_NE(change.action, blocked.verdict.action) << change.words;
  for (const Change& change : blocked.by_policy) EXPECT_NE(change.action, blocked.verdict.action) << change.words;
}

}  // namespace
}  // namespace sallyport::policy
