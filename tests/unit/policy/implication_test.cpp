// What follows from what, by the example of whole conditions.
#include "policy/implication.h"

#include <gtest/gtest.h>

#include "policy/compiled_policy.h"
#include "policy/loader.h"

namespace sallyport::policy {
namespace {

/// The condition of a rule, compiled.
Condition condition(const std::string& when) {
  const LoadResult result = load_policy_text(
      "version: 1\nname: t\nfingerprints: {lanes: {file: l.spf}}\ncameras: {lane-3: {signs: [{make: a}]}, lane-4: "
      "{signs: [{make: b}]}}\nrules: [{name: r, state: block, when: " +
          when + "}]",
      "t");
  EXPECT_NE(result.policy, nullptr) << to_text(result);
  return result.policy->compiled().rules.front().when;
}

bool implies(const std::string& a, const std::string& b) {
  return Implication().implies(condition(a), condition(b));
}

TEST(Implication, MoreImpliesLess) {
  EXPECT_TRUE(implies("{faces: {at_least: 3, score: 0.7}}", "{faces: {at_least: 2}}"));
  EXPECT_FALSE(implies("{faces: {at_least: 3, score: 0.4}}", "{faces: {at_least: 2}}"));
  EXPECT_FALSE(implies("{faces: {at_least: 1, score: 0.7}}", "{faces: {at_least: 2}}"));
  EXPECT_FALSE(implies("{faces: {}}", "{plates: {}}"));
  EXPECT_TRUE(implies("{camera: lane-3}", "{camera: [lane-3, lane-4]}"));
  EXPECT_TRUE(implies("{camera: [lane-3, lane-4]}", "{camera: any}"));
  EXPECT_FALSE(implies("{camera: any}", "{camera: [lane-3, lane-4]}"));
  EXPECT_FALSE(implies("{camera: [lane-3, lane-4]}", "{camera: lane-3}"));
  EXPECT_TRUE(implies("{near: {set: lanes, distance_max: 10}}", "{near: {set: lanes}}"));
  EXPECT_FALSE(implies("{near: {set: lanes}}", "{near: {set: lanes, distance_max: 10}}"));
  EXPECT_TRUE(implies("{size: {at_least: 2KiB, at_most: 1MiB}}", "{size: {at_least: 1KiB}}"));
  EXPECT_FALSE(implies("{size: {at_least: 2KiB}}", "{size: {at_least: 1KiB, at_most: 1MiB}}"));
  EXPECT_TRUE(implies("{image: {formats: [png]}}", "{content: [png, zip]}"));
  EXPECT_FALSE(implies("{image: any}", "{content: [png, zip]}"));
  EXPECT_TRUE(implies("{not_inspected: [gap]}", "{not_inspected: any}"));
  EXPECT_FALSE(implies("{evasion: any}", "{not_inspected: any}"));
}

TEST(Implication, NamesFollowFromPatterns) {
  EXPECT_TRUE(implies("{hosts: [a.example]}", "{hosts: [\"*.example\"]}"));
  EXPECT_TRUE(implies("{hosts: [\"*.a.example\", b]}", "{hosts: [b, \"*.a.example\"]}"));
  EXPECT_TRUE(implies("{hosts: [\"a?\"]}", "{hosts: [\"*\"]}"));
  EXPECT_FALSE(implies("{hosts: [\"a?\"]}", "{hosts: [\"a*\"]}"))
      << "true, but patterns are not compared with patterns";
  EXPECT_FALSE(implies("{hosts: [a.example]}", "{users: [a.example]}"));
}

TEST(Implication, GroupsMeanWhatTheySay) {
  EXPECT_TRUE(implies("{faces: {}, plates: {}}", "{plates: {}}"));
  EXPECT_FALSE(implies("{plates: {}}", "{faces: {}, plates: {}}"));
  EXPECT_TRUE(implies("{plates: {}}", "{any: [{faces: {}}, {plates: {}}]}"));
  EXPECT_FALSE(implies("{any: [{faces: {}}, {plates: {}}]}", "{plates: {}}"));
  EXPECT_TRUE(implies("{any: [{faces: {at_least: 2}}, {faces: {at_least: 3}}]}", "{faces: {}}"));
  EXPECT_TRUE(implies("{not: {faces: {}}}", "{not: {faces: {at_least: 2}}}"));
  EXPECT_FALSE(implies("{not: {faces: {at_least: 2}}}", "{not: {faces: {}}}"));
  EXPECT_FALSE(implies("{not: {faces: {}}}", "{plates: {}}"));
  EXPECT_TRUE(implies("{any: [{faces: {}}, {plates: {}}]}", "{any: [{plates: {}}, {faces: {}}]}"));
}

/// Sixteen million comparisons without a budget.
TEST(Implication, GivesUpOnWhatWouldTakeLong) {
  std::string when = "{faces: {}}";
  std::string other = "{plates: {}}";
  for (int i = 0; i < 6; ++i) {
    when = "{any: [{all: [" + when + ", " + when + ", " + when + ", " + when + "]}]}";
    other = "{any: [{any: [" + other + ", " + other + ", " + other + ", " + other + "]}]}";
  }
  EXPECT_FALSE(implies(when, other));
}

}  // namespace
}  // namespace sallyport::policy
