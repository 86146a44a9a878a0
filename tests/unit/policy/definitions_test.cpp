// Lists and conditions with a name: written out they are the same policy, and they stay bounded.
#include "policy/definitions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/explanation.h"
#include "policy/loader.h"

namespace sallyport::policy {
namespace {

using testing::HasSubstr;

constexpr const char* kHead =
    "version: 1\nname: t\nnetworks:\n  agency: {cidrs: [10.0.0.0/8]}\n  vendor: {cidrs: [203.0.113.0/24]}\n";

LoadResult load(const std::string& text) {
  return load_policy_text(kHead + text, "policy.yaml");
}

std::string text_of(const std::string& text) {
  const LoadResult result = load(text);
  EXPECT_NE(result.policy, nullptr) << text << to_text(result);
  EXPECT_EQ(result.warnings(), 0U) << to_text(result);
  return result.policy ? result.policy->text() : "";
}

std::string rule(const std::string& when) {
  return "rules:\n  - {name: r, state: block, from: [agency], to: {not: [agency, vendor]}, when: {" + when + "}}\n";
}

TEST(Lists, StandForTheirItemsInAnyListOfSuchValues) {
  EXPECT_EQ(text_of("lists:\n  raw: [\"*.raw\", \"*.dng\"]\n" + rule("file_names: [$raw, \"*.tif\"], paths: [$raw]")),
            text_of(rule("file_names: [\"*.raw\", \"*.dng\", \"*.tif\"], paths: [\"*.raw\", \"*.dng\"]")));
  EXPECT_EQ(
      text_of("lists:\n  ours: [agency, vendor]\n  kinds: [zip, pdf]\n"
              "rules:\n  - {name: r, state: block, from: [agency], to: {not: [$ours]}, when: {content: [$kinds]}}\n"),
      text_of(rule("content: [zip, pdf]")));
}

TEST(Lists, HoldCidrsOfNetworks) {
  const auto policy = load_policy_text(
      "version: 1\nname: t\nlists:\n  sites: [10.1.0.0/16, 10.2.0.0/16]\nnetworks:\n  agency: {cidrs: [$sites, "
      "192.0.2.1]}\nrecord: {from: [agency], what: all}\n",
      "policy.yaml");
  ASSERT_NE(policy.policy, nullptr) << to_text(policy);
  EXPECT_EQ(policy.policy->networks_of(*IpAddress::parse("10.2.3.4")).size(), 1U);
  EXPECT_TRUE(policy.policy->networks_of(*IpAddress::parse("10.3.3.4")).empty());
}

TEST(Lists, TwoDollarsAreOneThatWasMeant) {
  const std::string text = text_of(rule("shares: [\"$$backup*\", \"c$\"]"));
  EXPECT_THAT(text, HasSubstr("shares: [\"$$backup*\", \"c$\"]"));
  EXPECT_EQ(load_policy_text(text, "again").policy->text(), text);
  const auto policy = load(rule("shares: [\"$$backup*\"]")).policy;
  Transfer transfer;
  transfer.facts.sender.address = *IpAddress::parse("10.0.0.1");
  transfer.facts.share = "$backup7";
  EXPECT_EQ(policy->evaluate(transfer, {}).action, Action::kBlock);
}

TEST(Conditions, StandForWhatIsWrittenUnderTheirName) {
  const std::string named = "conditions:\n  plate: {plates: {}}\n  small: {size: {at_most: 1MiB}}\n";
  EXPECT_EQ(text_of(named + rule("is: [plate, small], all: [{image: any}]")),
            text_of(rule("all: [{plates: {}}, {size: {at_most: 1MiB}}, {image: any}]")));
  EXPECT_EQ(text_of("conditions:\n  plate: {plates: {}}\n" + rule("any: [{is: plate}, {not: {is: plate}}]")),
            text_of(rule("any: [{all: [{plates: {}}]}, {not: {all: [{plates: {}}]}}]")));
  EXPECT_EQ(text_of("conditions:\n  odd: {is: plate, faces: {}}\n  plate: {plates: {}}\n" + rule("is: odd")),
            text_of(rule("all: [{faces: {}, all: [{plates: {}}]}]")));
}

TEST(Conditions, AreTracedAndExplainedByName) {
  const LoadResult loaded = load("conditions:\n  plate: {plates: {}}\n" + rule("is: plate"));
  PlayedTransfer played;
  played.transfer.facts.sender.address = *IpAddress::parse("10.0.0.1");
  played.transfer.content = ContentType::kJpeg;
  played.transfer.ended = true;
  played.findings.looked_for = 7;
  const std::string without = to_text(explain_transfer(loaded.policy, *loaded.document, played));
  EXPECT_THAT(without, HasSubstr("does not match: when: is plate: plates: {at_least: 1, score: 0.5}; found: 0"));
  EXPECT_THAT(without, HasSubstr("is: plate"));
  played.findings.plates = {{{}, 0.9F}};
  EXPECT_THAT(to_text(explain_transfer(loaded.policy, *loaded.document, played)),
              HasSubstr("is plate (plates: 1 with score 0.50 or more, 1 needed)"));
}

TEST(Conditions, AFaultInsideIsToldOnce) {
  const LoadResult result = load("conditions:\n  near: {near: {set: nothing}}\n" + rule("is: near, any: [{is: near}]"));
  EXPECT_EQ(result.errors(), 1U) << to_text(result);
}

/// Each condition names the next one twice.
std::string bomb(int size) {
  std::string text = "conditions:\n  c0: {plates: {}}\n";
  for (int i = 1; i < size; ++i) {
    const std::string next = "{is: c" + std::to_string(i - 1) + "}";
    std::string items;
    for (int copy = 0; copy < 30; ++copy) items += (copy == 0 ? "" : ", ") + next;
    text += "  c" + std::to_string(i) + ": {any: [" + items + "]}\n";
  }
  return text + rule("is: c" + std::to_string(size - 1));
}

TEST(Conditions, DoNotExplode) {
  EXPECT_THAT(to_text(load(bomb(7))), HasSubstr("written out have more than 500000 values here [too-large]"));
  EXPECT_EQ(load(bomb(3)).errors(), 0U);
}

std::string chain(int size) {
  std::string text = "conditions:\n  c0: {plates: {}}\n";
  for (int i = 1; i < size; ++i) text += "  c" + std::to_string(i) + ": {is: c" + std::to_string(i - 1) + "}\n";
  return text + rule("is: c" + std::to_string(size - 1));
}

TEST(Conditions, RestOnEachOtherEightDeep) {
  EXPECT_EQ(load(chain(8)).errors(), 0U) << to_text(load(chain(8)));
  EXPECT_THAT(to_text(load(chain(9))), HasSubstr("deep"));
  EXPECT_GT(load(chain(1000)).errors(), 0U) << "and are no recursion without end";
}

TEST(Conditions, WrittenOutAreNoDeeperThanAPolicyMayBe) {
  std::string deep = "plates: {}";
  for (int i = 0; i < 8; ++i) deep = "not: {" + deep + "}";
  const std::string named =
      "conditions:\n  a: {" + deep + "}\n  b: {is: a, " + deep + "}\n  c: {is: b, " + deep + "}\n";
  EXPECT_EQ(load("conditions:\n  a: {" + deep + "}\n" + rule("is: a")).errors(), 0U);
  std::string nested = "is: c";
  for (int i = 0; i < 16; ++i) nested = "not: {" + nested + "}";
  EXPECT_THAT(to_text(load(named + rule(nested))), HasSubstr("[too-deep]"));
  const LoadResult result = load(named + rule("is: c"));
  ASSERT_NE(result.policy, nullptr) << to_text(result);
  EXPECT_NE(load_policy_text(result.policy->text(), "again").policy, nullptr);
}

}  // namespace
}  // namespace sallyport::policy
