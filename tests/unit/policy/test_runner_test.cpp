// Tests of policies are run, told and counted as tests should be.
#include "policy/test_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "policy/loader.h"
#include "policy/test_report.h"
#include "tests/support/golden_file.h"

namespace sallyport::policy {
namespace {

const std::filesystem::path kGoldens = std::filesystem::path(SALLYPORT_SOURCE_DIR) / "tests/golden/policy";

TestReport run(const std::string& folder, const std::optional<Glob>& names = std::nullopt) {
  const LoadResult loaded = load_policy_text(test::read_file(kGoldens / folder / "policy.yaml"), "policy.yaml");
  EXPECT_NE(loaded.policy, nullptr) << to_text(loaded);
  TestReport report = run_tests(loaded.policy, *loaded.document, names);
  report.file = "policy.yaml";
  return report;
}

TEST(TestRunner, TellsWhatPassedAndWhatWasCovered) {
  const TestReport report = run("runner-passing");
  EXPECT_EQ(report.failed(), 0U);
  EXPECT_EQ(report.coverage.percent(), 100U);
  test::expect_golden(kGoldens / "runner-passing/expect.txt", to_text(report, true));
}

TEST(TestRunner, AFailureNamesTheDecidingCondition) {
  const TestReport report = run("runner-failing");
  EXPECT_EQ(report.failed(), 7U);
  const std::string text = to_text(report, false);
  test::expect_golden(kGoldens / "runner-failing/expect.txt", text);
  EXPECT_THAT(text, testing::HasSubstr("policy.yaml:20:13"));
  EXPECT_THAT(text, testing::HasSubstr("to: {not: [agency, partner]}; found: 203.0.113.1 in partner"));
  test::expect_golden(kGoldens / "runner-failing/junit.xml", to_junit({report}));
}

TEST(TestRunner, JsonSaysTheSame) {
  const auto json = nlohmann::json::parse(to_json({run("runner-failing")}));
  ASSERT_EQ(json.size(), 1U);
  EXPECT_EQ(json[0]["failed"], 7);
  EXPECT_EQ(json[0]["passed"], 1);
  EXPECT_EQ(json[0]["coverage"]["never_matched"], nlohmann::json({"archives"}));
  const auto& failure = json[0]["tests"][0]["failures"][0];
  EXPECT_EQ(failure["line"], 20);
  EXPECT_EQ(failure["column"], 13);
  EXPECT_EQ(failure["rules"][0]["rule"], "plates-only-to-the-partner");
  EXPECT_EQ(failure["rules"][0]["conditions"][0]["holds"], "yes");
}

TEST(TestRunner, RunsOnlyWhatFits) {
  const TestReport report = run("runner-failing", Glob("*plate*"));
  ASSERT_EQ(report.results.size(), 1U);
  EXPECT_EQ(report.results[0].name, "a weak plate");
  EXPECT_EQ(report.coverage.matched(), 0U);
}

TEST(TestRunner, ARepetitionThatFailsIsToldOnce) {
  const TestReport report = run("runner-failing", Glob("the fourth*"));
  ASSERT_EQ(report.results.at(0).failures.size(), 1U);
  EXPECT_EQ(report.results[0].failures[0].step, 2U);
  EXPECT_EQ(report.results[0].failures[0].repetition, 1U);
}

TEST(TestRunner, NothingIsCoveredWithoutTests) {
  const LoadResult loaded = load_policy_text("version: 1\nname: t\nrules:\n  - {name: r, state: alert}\n", "p");
  ASSERT_NE(loaded.policy, nullptr);
  const TestReport report = run_tests(loaded.policy, *loaded.document, std::nullopt);
  EXPECT_EQ(to_text(report, false), "0 passed, 0 failed; rules covered 0 of 1 (0 %): never matched: r\n");
}

TEST(Coverage, ARuleLessIsNeverRoundedUp) {
  Coverage coverage;
  coverage.rules = 1000;
  coverage.never_matched = {"one"};
  EXPECT_EQ(coverage.percent(), 99U);
}

TEST(Junit, EscapesWhatXmlCannotHold) {
  const LoadResult loaded = load_policy_text(
      "version: 1\nname: t\nrules:\n  - {name: r, state: alert}\ntests:\n  - name: '<a> & \"b\"'\n    transfer: {from: "
      "10.0.0.1, to: 10.0.0.2}\n    expect: {verdict: alert}\n",
      "p");
  ASSERT_NE(loaded.policy, nullptr) << to_text(loaded);
  const std::string xml = to_junit({run_tests(loaded.policy, *loaded.document, std::nullopt)});
  EXPECT_THAT(xml, testing::HasSubstr("name=\"&lt;a&gt; &amp; &quot;b&quot;\"/>"));
}

}  // namespace
}  // namespace sallyport::policy
