// Changes in words: whole cases as goldens, and "stricter" and "looser" held against verdicts.
#include "policy/policy_diff.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "policy/loader.h"
#include "tests/support/golden_file.h"
#include "tests/unit/policy/drawn_policy.h"

namespace sallyport::policy {
namespace {

namespace fs = std::filesystem;
const fs::path kGoldens = fs::path(SALLYPORT_SOURCE_DIR) / "tests/golden/policy";

std::shared_ptr<const Policy> load(const std::string& text) {
  const LoadResult result = load_policy_text(text, "policy.yaml");
  EXPECT_NE(result.policy, nullptr) << text << to_text(result);
  return result.policy;
}

std::vector<PolicyChange> diff(const std::string& before, const std::string& after) {
  return diff_policies(load(before)->text(), load(after)->text());
}

TEST(PolicyDiff, SaysInTheseWordsWhatChanged) {
  std::size_t cases = 0;
  for (const auto& entry : fs::directory_iterator(kGoldens)) {
    if (!entry.path().filename().string().starts_with("diff-")) continue;
    ++cases;
    const std::string before = test::read_file(entry.path() / "old.yaml");
    const std::string after = test::read_file(entry.path() / "new.yaml");
    test::expect_golden(entry.path() / "expect.txt", diff_text(diff(before, after)));
    test::expect_golden(entry.path() / "back.txt", diff_text(diff(after, before)));
  }
  EXPECT_EQ(cases, 2U);
}

TEST(PolicyDiff, SectionsItDoesNotKnowShowByThemselves) {
  const std::string head = "version: 1\nname: t\n";
  const auto changes =
      diff_policies(head + "timetables:\n  lane: {expires: 2027-03-31, may_receive: [plates]}\n",
                    head + "timetables:\n  lane: {expires: 2028-03-31, may_receive: [plates, faces]}\n");
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].text, "timetables: lane: expires: 2027-03-31 -> 2028-03-31");
  EXPECT_EQ(changes[1].text, "timetables: lane: may_receive: added faces");
  EXPECT_EQ(changes[1].effect, Effect::kOther);
}

TEST(PolicyDiff, APolicyHasTheEffectOfItself) {
  for (const auto& entry : fs::directory_iterator(fs::path(SALLYPORT_SOURCE_DIR) / "policy/examples")) {
    const auto policy = load_policy_file(entry.path()).policy;
    ASSERT_NE(policy, nullptr) << entry.path();
    EXPECT_TRUE(diff_policies(policy->text(), policy->text()).empty());
    EXPECT_TRUE(diff(policy->text(), policy->text()).empty());
  }
}

/// A rule in parts, of which one can be drawn anew.
using Rule = std::array<std::string, 5>;

std::string text_of(const Rule& rule) {
  return kHead + "  - {name: r, state: " + rule[0] + rule[1] + rule[2] + rule[3] + rule[4] + "}\n";
}

std::string draw(std::size_t part, Dice& dice) {
  if (part == 0) return dice.one_in(2) ? "block" : dice.one_in(2) ? "alert" : "shadow";
  if (part == 1) return dice.ends();
  if (part == 2) return dice.one_in(6) ? "" : ", when: " + dice.condition(2);
  if (part == 3) {
    const std::string ends = dice.ends() + (dice.one_in(3) ? ", paths: [\"/a/*\"]" : "");
    return ends.empty() ? "" : ", exceptions: [{reason: x" + ends + "}]";
  }
  return dice.one_in(2) ? "" : std::string(", on_gap: ") + (dice.one_in(2) ? "block" : "allow");
}

std::vector<Action> verdicts(const Policy& policy) {
  std::vector<Action> all;
  for_each_transfer([&](const Transfer& transfer) {
    for (const std::size_t faces : {0U, 1U, 3U, 9U}) {
      Findings findings;
      findings.looked_for = bit(FindingKind::kFace);
      Transfer seen = transfer;
      if (faces < 9) findings.faces.assign(faces, Detection{{}, 1});
      if (faces == 9) seen.not_inspected = NotInspected::kGap;
      all.push_back(policy.evaluate(seen, findings).action);
    }
  });
  return all;
}

bool all_are(const std::vector<PolicyChange>& changes, Effect effect) {
  return std::all_of(changes.begin(), changes.end(),
                     [effect](const PolicyChange& change) { return change.effect == effect; });
}

TEST(PolicyDiff, StricterAndLooserAreWhatTheySay) {
  Dice dice;
  int sure = 0;
  Rule before{"block", "", "", "", ""};
  for (int i = 0; i < 150; ++i) {
    Rule after = before;
    const std::size_t part = static_cast<std::size_t>(i) % after.size();
    after[part] = draw(part, dice);
    const auto changes = diff(text_of(before), text_of(after));
    const std::vector<Action> was = verdicts(*load(text_of(before)));
    const std::vector<Action> is = verdicts(*load(text_of(after)));
    const bool stricter = all_are(changes, Effect::kStricter);
    const bool looser = all_are(changes, Effect::kLooser);
    sure += static_cast<int>(!changes.empty() && (stricter || looser));
    for (std::size_t k = 0; k < was.size(); ++k) {
      const bool fits = (!stricter || is[k] >= was[k]) && (!looser || is[k] <= was[k]);
      ASSERT_TRUE(fits) << text_of(before) << text_of(after) << diff_text(changes);
    }
    before = after;
  }
  EXPECT_GT(sure, 20);
}

}  // namespace
}  // namespace sallyport::policy
