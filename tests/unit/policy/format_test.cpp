// The one layout of a policy file: keeps what is said, comments too, and is its own result.
#include "policy/format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "policy/format_scalar.h"
#include "policy/loader.h"
#include "tests/support/golden_file.h"

namespace sallyport::policy {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const fs::path kSource = SALLYPORT_SOURCE_DIR;

std::string formatted(const std::string& text) {
  const FormatResult result = format_policy(text, "policy.yaml");
  for (const Diagnostic& fault : result.diagnostics) ADD_FAILURE() << to_text(fault);
  return result.text.value_or("");
}

TEST(Format, HasOneLayout) {
  std::size_t cases = 0;
  for (const auto& entry : fs::directory_iterator(kSource / "tests/golden/policy")) {
    if (!entry.path().filename().string().starts_with("fmt-")) continue;
    ++cases;
    const std::string text = test::read_file(entry.path() / "policy.yaml");
    const std::string once = formatted(text);
    test::expect_golden(entry.path() / "expect.yaml", once);
    EXPECT_EQ(formatted(once), once) << entry.path();
  }
  EXPECT_EQ(cases, 2U);
}

/// Every policy there is in the tree, good or bad.
std::vector<fs::path> policies() {
  std::vector<fs::path> files;
  for (const char* folder : {"policy/examples", "tests/golden/policy", "tests/fuzz/corpus/policy"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kSource / folder)) {
      if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    }
  }
  return files;
}

TEST(Format, ChangesNothingThatAPolicySays) {
  std::size_t checked = 0;
  for (const fs::path& file : policies()) {
    const std::string text = test::read_file(file);
    const FormatResult once = format_policy(text, file.filename().string());
    if (!once.text) {
      for (const Diagnostic& fault : once.diagnostics) EXPECT_NE(fault.code, "not-formatted") << file;
      continue;
    }
    ++checked;
    EXPECT_EQ(formatted(*once.text), *once.text) << file;
    const LoadResult before = load_policy_text(text, "policy.yaml");
    const LoadResult after = load_policy_text(*once.text, "policy.yaml");
    EXPECT_EQ(before.errors(), after.errors()) << file << *once.text << to_text(after);
    ASSERT_EQ(before.policy == nullptr, after.policy == nullptr) << file;
    if (before.policy == nullptr) continue;
    EXPECT_EQ(before.policy->digest(), after.policy->digest()) << file;
  }
  EXPECT_GT(checked, 60U);
}

TEST(Format, ExamplesAreLaidOut) {
  for (const auto& entry : fs::recursive_directory_iterator(kSource / "policy/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string text = test::read_file(entry.path());
    EXPECT_EQ(formatted(text), text) << "run: sallyport policy fmt " << entry.path();
  }
}

TEST(Format, RefusesWhatItCannotRead) {
  const FormatResult result = format_policy("version: 1\nname: [\n", "policy.yaml");
  EXPECT_FALSE(result.text);
  ASSERT_FALSE(result.diagnostics.empty());
  EXPECT_EQ(result.diagnostics[0].code, "unclosed-bracket");
  EXPECT_FALSE(format_policy("- version: 1\n", "policy.yaml").text);
}

TEST(Format, KeepsACommentWhereItStands) {
  const std::string text =
      "version: 1\nname: t\nrules:\n  - name: r  # here\n    # above state\n    state: block\n    to: [a]\n    # the "
      "end of r\n"
      "  # the end of rules\nrecord:\n  what: all\n# the end\n";
  EXPECT_EQ(
      formatted(text),
      "version: 1\nname: t\nrecord:\n  what: all\nrules:\n  - name: r  # here\n    # above state\n    state: block\n"
      "    to: [a]\n    # the end of r\n  # the end of rules\n# the end\n");
}

TEST(Format, KnowsACommentFromATextWithAHash) {
  const std::string text =
      "version: 1\nname: t  # a\ndescription: |\n  # no comment\n  at all\nlists:\n  a: ['it''s # x', \"y # z\", b#c]  "
      "# b\n";
  const std::string once = formatted(text);
  EXPECT_THAT(once, HasSubstr("  # no comment\n  at all\n"));
  EXPECT_THAT(once, HasSubstr("[\"it's # x\", \"y # z\", \"b#c\"]  # b\n"));
  EXPECT_THAT(formatted("version: 1\nname: t\ndescription: a \"b # c\"\n"), HasSubstr("# c\""));
}

TEST(Format, OpensBracketsForAComment) {
  EXPECT_EQ(formatted("version: 1\nnetworks:\n  a: {cidrs: [\n    10.0.0.0/8,  # one\n    192.0.2.1 ]}\n"),
            "version: 1\nnetworks:\n  a:\n    cidrs:\n      - 10.0.0.0/8  # one\n      - 192.0.2.1\n");
}

TEST(Format, WritesScalarsSoThatNobodyMisreadsThem) {
  const auto line = [](const char* text) { return scalar_text(text, ScalarPlace::kLine); };
  const auto flow = [](const char* text) { return scalar_text(text, ScalarPlace::kFlow); };
  EXPECT_EQ(line("plain words, no quotes"), "plain words, no quotes");
  EXPECT_EQ(flow("plain words, with a comma"), "\"plain words, with a comma\"");
  EXPECT_EQ(flow("2026-01-31T08:00:00Z"), "2026-01-31T08:00:00Z");
  EXPECT_EQ(line("2001:db8::/32"), "\"2001:db8::/32\"");
  EXPECT_EQ(line("*.raw"), "\"*.raw\"");
  EXPECT_EQ(line("AGENCY\\ada"), "AGENCY\\ada");
  EXPECT_EQ(line("AGENCY\\*"), "'AGENCY\\*'");
  EXPECT_EQ(line("it's a \\ and a \""), "\"it's a \\\\ and a \\\"\"");
  EXPECT_EQ(line("a\tb\x01"), "\"a\\tb\\x01\"");
  for (const char* text : {"", "null", "~", "a: b", "a #b", "- a", "[a]", " a", "a ", "---", "@a"}) {
    EXPECT_TRUE(line(text).starts_with('"')) << text;
  }
}

}  // namespace
}  // namespace sallyport::policy
