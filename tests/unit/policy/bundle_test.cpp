// Several files are one policy, whole or not at all.
#include "policy/bundle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "policy/limits.h"
#include "policy/loader.h"
#include "policy/test_runner.h"

namespace sallyport::policy {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kNetworks =
    "version: 1\nname: gate\nnetworks:\n  agency: {cidrs: [10.0.0.0/8]}\nfingerprints:\n  cards: {file: cards.spf}\n";
constexpr const char* kRules =
    "version: 1\nnetworks:\n  vendor: {cidrs: [203.0.113.0/24]}\nrules:\n"
    "  - {name: plates, state: block, from: [agency], to: [vendor], when: {plates: {}}}\n";
constexpr const char* kMore =
    "version: 1\nrules:\n  - {name: cards, state: block, from: [agency], when: {near: {set: cards}}}\n"
    "tests:\n  - {name: a plate, transfer: {from: agency, to: vendor, plates: 1}, expect: {verdict: allow}}\n";

class Folder {
 public:
  Folder() : path_(fs::path(testing::TempDir()) / ("bundle-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directory(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name) << text; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

TEST(Bundle, OfAFolderIsOnePolicy) {
  const Folder folder;
  folder.write("20-rules.yaml", kRules);
  folder.write("10-networks.yaml", kNetworks);
  folder.write("30-more.yaml", kMore);
  folder.write("notes.txt", "no policy");
  folder.write(".40-draft.yaml", "no policy");
  fs::create_directory(folder.path() / "old.yaml");
  const LoadResult result = load_policy_file(folder.path());
  ASSERT_NE(result.policy, nullptr) << to_text(result);
  EXPECT_EQ(result.warnings(), 0U) << to_text(result);
  EXPECT_EQ(result.policy->name(), "gate");
  EXPECT_EQ(result.policy->rule_count(), 2U);
  EXPECT_EQ(result.policy->fingerprint_sets()[0].file, (folder.path() / "cards.spf").string());
}

TEST(Bundle, HasTheDigestOfItsFilesInOne) {
  const std::string one =
      "version: 1\nname: gate\nnetworks:\n  agency: {cidrs: [10.0.0.0/8]}\n  vendor: {cidrs: [203.0.113.0/24]}\n"
      "rules:\n  - {name: plates, state: block, from: [agency], to: [vendor], when: {plates: {}}}\n";
  const std::string first = "version: 1\nname: gate\nnetworks:\n  agency: {cidrs: [10.0.0.0/8]}\n";
  const LoadResult two = load_policy_texts({{"a.yaml", first}, {"b.yaml", kRules}}, "gate");
  ASSERT_NE(two.policy, nullptr) << to_text(two);
  EXPECT_EQ(two.policy->digest(), load_policy_text(one, "one").policy->digest());
}

TEST(Bundle, AFaultInOneFileLeavesNothing) {
  const LoadResult result =
      load_policy_texts({{"a.yaml", kNetworks}, {"b.yaml", kRules}, {"c.yaml", "version: 1\nrules: [\n"}}, "gate");
  EXPECT_EQ(result.policy, nullptr);
  EXPECT_THAT(to_text(result), HasSubstr("c.yaml:2:8: error"));
}

TEST(Bundle, ATestSaysInWhichFileItStands) {
  const LoadResult result = load_policy_texts({{"a.yaml", kNetworks}, {"b.yaml", kRules}, {"c.yaml", kMore}}, "gate");
  ASSERT_NE(result.document, nullptr) << to_text(result);
  const TestReport report = run_tests(result.policy, *result.document, std::nullopt);
  ASSERT_EQ(report.results.size(), 1U);
  EXPECT_EQ(to_string(report.results[0].at), "c.yaml:5:12");
}

TEST(Bundle, SaysWhatTheFolderLacks) {
  const Folder folder;
  EXPECT_THAT(to_text(load_policy_file(folder.path())), HasSubstr("[no-files]"));
  folder.write("a.yaml", "version: 1\nnetworks:\n  agency: {cidrs: [10.0.0.0/8]}\nrecord: {what: all}\n");
  EXPECT_THAT(to_text(load_policy_file(folder.path())),
              HasSubstr(folder.path().string() + ": error: a policy needs the key 'name' [missing-key]"));
}

TEST(Bundle, IsBounded) {
  const Folder folder;
  for (std::size_t i = 0; i <= limits::kPolicyBundleFilesMax; ++i) {
    folder.write(std::to_string(i) + ".yaml", "version: 1\n");
  }
  EXPECT_THAT(to_text(load_policy_file(folder.path())), HasSubstr("more than 256 files in one policy [too-large]"));
  const std::string half = "version: 1\n# " + std::string(limits::kPolicyBytesMax * 2 / 3, 'x') + "\n";
  EXPECT_THAT(to_text(load_policy_texts({{"a.yaml", half}, {"b.yaml", half}}, "gate")),
              HasSubstr("the files together are larger than 8 MiB [too-large]"));
}

}  // namespace
}  // namespace sallyport::policy
