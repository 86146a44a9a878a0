// The sub-commands of `sallyport policy` as a build server sees them: exit status and reports.
#include "daemon/cli/policy_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "daemon/cli/commands.h"
#include "tests/support/golden_file.h"
#include "tests/unit/daemon/ledger/ledger_bench.h"

namespace sallyport::cli {
namespace {

using testing::HasSubstr;
const std::string kGoldens = SALLYPORT_SOURCE_DIR "/tests/golden/policy/";

struct Ran {
  int status = -1;
  std::string out;
  std::string err;
};

Ran run(std::vector<std::string> arguments) {
  Ran ran;
  CLI::App app;
  add_policy_command(app, ran.status);
  std::reverse(arguments.begin(), arguments.end());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  app.parse(arguments);
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

TEST(PolicyCheck, ExitStatusSaysWhetherItLoads) {
  const std::string warned = kGoldens + "fault-unused/policy.yaml";
  EXPECT_EQ(run({"policy", "check", warned}).status, kExitClean);
  const Ran strict = run({"policy", "check", "--strict", warned});
  EXPECT_EQ(strict.status, kExitFindings);
  EXPECT_THAT(strict.out, HasSubstr("warnings fail"));
  EXPECT_EQ(run({"policy", "check", "--strict", kGoldens + "runner-passing/policy.yaml"}).status, kExitClean);
  EXPECT_EQ(run({"policy", "check", kGoldens + "fault-unknown-word/policy.yaml"}).status, kExitFindings);
  EXPECT_EQ(run({"policy", "check", kGoldens + "no-such.yaml"}).status, kExitError);
}

TEST(PolicyCheck, TellsOutcomesThatAreInForce) {
  const Ran ran = run({"policy", "check", kGoldens + "fault-capped-outcome/policy.yaml"});
  EXPECT_THAT(ran.out, HasSubstr("\n  on_gap                 alert\n")) << "block of a rule that only alerts is alert";
  EXPECT_THAT(ran.out, HasSubstr("\n  deadline               2s"));
}

TEST(PolicyNft, ExitStatusSaysWhetherItPrints) {
  const std::string policy = SALLYPORT_SOURCE_DIR "/tests/golden/steering/policy.yaml";
  const Ran printed = run({"policy", "nft", "--interface", "inside0", "--interface", "outside0", policy});
  EXPECT_EQ(printed.status, kExitClean);
  EXPECT_THAT(printed.out, HasSubstr("iifname { \"inside0\", \"outside0\" } tcp flags"));
  const Ran bad = run({"policy", "nft", kGoldens + "fault-unknown-word/policy.yaml"});
  EXPECT_EQ(bad.status, kExitFindings);
  EXPECT_EQ(bad.out, "") << "nothing that could be loaded";
}

TEST(PolicyNft, DoesNotPromiseWhatIptablesCannotDo) {
  const std::string policy = SALLYPORT_SOURCE_DIR "/tests/golden/steering/policy.yaml";
  for (const char* format : {"iptables", "ip6tables"}) {
    const Ran ran = run({"policy", "nft", "--fail", "open", "--format", format, policy});
    EXPECT_EQ(ran.status, kExitError);
    EXPECT_THAT(ran.err, HasSubstr("use --format nft, or --fail closed"));
  }
}

TEST(PolicyCheck, AFrontEndIsAskedWhatItCanDo) {
  const std::string blocking = SALLYPORT_SOURCE_DIR "/policy/examples/contractor-pull.yaml";
  EXPECT_THAT(run({"policy", "check", "--front-end", "pcap", blocking}).out, HasSubstr("[cannot-block]"));
  EXPECT_THAT(run({"policy", "check", "--front-end", "tap", blocking}).out, HasSubstr("[best-effort-block]"));
  EXPECT_THAT(run({"policy", "check", "--front-end", "nfqueue", blocking}).out, HasSubstr("no faults"));
}

TEST(PolicyCheck, JsonIsOneObject) {
  const std::string file = kGoldens + "fault-capped-outcome/policy.yaml";
  const auto json = nlohmann::json::parse(run({"policy", "check", "--format", "json", file}).out);
  EXPECT_EQ(json["file"], file);
  EXPECT_EQ(json["loaded"], true);
  EXPECT_EQ(json["errors"], 0);
  EXPECT_EQ(json["warnings"], json["diagnostics"].size());
  EXPECT_EQ(json["diagnostics"][0]["code"], "capped-outcome");
  EXPECT_EQ(json["outcomes"]["defaults"]["on_aborted"], "allow");
  EXPECT_EQ(json["outcomes"]["rules"][0]["state"], "alert");
  EXPECT_EQ(json["outcomes"]["rules"][0]["on_encrypted"], "alert");
  const auto faulty = nlohmann::json::parse(
      run({"policy", "check", "--format", "json", kGoldens + "fault-unknown-word/policy.yaml"}).out);
  EXPECT_EQ(faulty["loaded"], false);
  EXPECT_TRUE(faulty["outcomes"].is_null());
}

class Folder {
 public:
  Folder() : path_(std::filesystem::path(testing::TempDir()) / ("fmt-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

constexpr const char* kUntidy = "name: t\nversion: 1\nrecord: {what: all} # everything\n";
constexpr const char* kTidy = "version: 1\nname: t\nrecord:  # everything\n  what: all\n";

TEST(PolicyFmt, ReplacesAFileAndKeepsItsMode) {
  const Folder folder;
  const std::string file = folder.write("policy.yaml", kUntidy);
  std::filesystem::permissions(file, std::filesystem::perms(0640));
  std::filesystem::create_symlink(file, folder.path() + "/link.yaml");
  const Ran check = run({"policy", "fmt", "--check", folder.path() + "/link.yaml"});
  EXPECT_EQ(check.status, kExitFindings);
  EXPECT_EQ(test::read_file(file), kUntidy);
  const Ran ran = run({"policy", "fmt", folder.path() + "/link.yaml"});
  EXPECT_EQ(ran.status, kExitClean) << ran.err;
  EXPECT_EQ(ran.out, folder.path() + "/link.yaml\n");
  EXPECT_EQ(test::read_file(file), kTidy);
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0640));
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path() + "/link.yaml"));
  EXPECT_EQ(run({"policy", "fmt", "--check", file}).status, kExitClean);
}

TEST(PolicyFmt, TakesAFolderAndPartsOfAPolicy) {
  const Folder folder;
  folder.write("a.yaml", "name: t\nversion: 1\n");
  const std::string part = folder.write("b.yaml", "record: {what: all}\nversion: 1\n");
  EXPECT_EQ(run({"policy", "fmt", folder.path()}).status, kExitClean);
  EXPECT_EQ(test::read_file(part), "version: 1\nrecord:\n  what: all\n");
  EXPECT_EQ(run({"policy", "check", "--strict", folder.path()}).status, kExitClean);
  EXPECT_EQ(run({"policy", "fmt", "--check", part}).status, kExitClean);
}

TEST(PolicyFmt, LeavesWhatDoesNotParse) {
  const Folder folder;
  const std::string file = folder.write("policy.yaml", "name: [t\n");
  const Ran ran = run({"policy", "fmt", file});
  EXPECT_EQ(ran.status, kExitError);
  EXPECT_THAT(ran.err, HasSubstr("[unclosed-bracket]"));
  EXPECT_EQ(test::read_file(file), "name: [t\n");
  EXPECT_EQ(run({"policy", "fmt", folder.path() + "/none.yaml"}).status, kExitError);
}

TEST(PolicyDiff, ExitStatusSaysWhetherTheyDiffer) {
  const std::string many = kGoldens + "diff-many/";
  const std::string same = kGoldens + "diff-same-effect/";
  EXPECT_EQ(run({"policy", "diff", same + "old.yaml", same + "new.yaml"}).status, kExitClean);
  const Ran differ = run({"policy", "diff", "--json", many + "old.yaml", many + "new.yaml"});
  EXPECT_EQ(differ.status, kExitFindings);
  const auto json = nlohmann::json::parse(differ.out);
  EXPECT_EQ(json["same_effect"], false);
  EXPECT_EQ(json["new"]["file"], many + "new.yaml");
  EXPECT_NE(json["new"]["digest"], json["old"]["digest"]);
  EXPECT_EQ(json["changes"][6]["effect"], "stricter");
  const Ran faulty = run({"policy", "diff", same + "old.yaml", kGoldens + "fault-tests/policy.yaml"});
  EXPECT_EQ(faulty.status, kExitError);
  EXPECT_THAT(faulty.err, HasSubstr("did you mean 'plates'?"));
}

TEST(PolicyTest, ExitStatusSaysWhatHappened) {
  const std::string passing = kGoldens + "runner-passing/policy.yaml";
  const std::string failing = kGoldens + "runner-failing/policy.yaml";
  EXPECT_EQ(run({"policy", "test", passing}).status, kExitClean);
  EXPECT_EQ(run({"policy", "test", passing, failing}).status, kExitFindings);
  const Ran faulty = run({"policy", "test", passing, kGoldens + "fault-tests/policy.yaml"});
  EXPECT_EQ(faulty.status, kExitError);
  EXPECT_THAT(faulty.err, HasSubstr("unknown rule 'plate'; did you mean 'plates'?"));
  EXPECT_THAT(faulty.out, HasSubstr("4 passed, 0 failed")) << "the other one is told all the same";
}

TEST(PolicyTest, TooLittleCoverageFails) {
  const std::string passing = kGoldens + "runner-passing/policy.yaml";
  EXPECT_EQ(run({"policy", "test", "--min-coverage", "100", passing}).status, kExitClean);
  const Ran few = run({"policy", "test", "--run", "the partner*", "--min-coverage", "50", passing});
  EXPECT_EQ(few.status, kExitFindings);
  EXPECT_THAT(few.out, HasSubstr("1 passed, 0 failed"));
  EXPECT_THAT(few.err, HasSubstr("0 % of the rules are covered, 50 % are asked for"));
}

TEST(PolicyTest, JunitGoesToItsFile) {
  const auto file = std::filesystem::temp_directory_path() / ("sallyport-junit-" + std::to_string(getpid()));
  const Ran ran = run({"policy", "test", "--junit", file.string(), kGoldens + "runner-failing/policy.yaml"});
  EXPECT_EQ(ran.status, kExitFindings);
  EXPECT_THAT(test::read_file(file), HasSubstr("tests=\"8\" failures=\"7\""));
  std::filesystem::remove(file);
  EXPECT_EQ(run({"policy", "test", "--junit", "/nonexistent/x", kGoldens + "runner-passing/policy.yaml"}).status,
            kExitError);
}

TEST(PolicyTest, JsonStandsAlone) {
  const Ran ran = run({"policy", "test", "--json", kGoldens + "runner-passing/policy.yaml"});
  EXPECT_EQ(ran.status, kExitClean);
  EXPECT_EQ(ran.out.front(), '[');
}

TEST(PolicyExplain, TakesATransferOrAFileOfOne) {
  const std::string policy = kGoldens + "explain-blocked/policy.yaml";
  const Ran given = run({"policy", "explain", policy, "--transfer", "{from: agency, to: 198.51.100.7, plates: 1}"});
  EXPECT_EQ(given.status, kExitClean);
  EXPECT_THAT(given.out, HasSubstr("verdict: block, severity high; rule plates-only-to-the-partner decides"));
  const Ran filed = run({"policy", "explain", policy, "--transfer-file", kGoldens + "explain-blocked/transfer.yaml"});
  EXPECT_EQ(filed.out, test::read_file(kGoldens + "explain-blocked/expect.txt"));
  EXPECT_EQ(run({"policy", "explain", "--json", policy, "--transfer", "{from: agency, to: partner}"}).out.front(), '{');
}

TEST(PolicyExplain, FaultsHaveTheirPlace) {
  const std::string policy = kGoldens + "explain-blocked/policy.yaml";
  const Ran faulty = run({"policy", "explain", policy, "--transfer", "{from: agncy, to: partner}"});
  EXPECT_EQ(faulty.status, kExitError);
  EXPECT_THAT(faulty.err,
              HasSubstr("--transfer:1:8: error: 'agncy' is neither an address nor a network; did you mean"));
  EXPECT_EQ(run({"policy", "explain", policy, "--transfer-file", "/nonexistent"}).status, kExitError);
  EXPECT_EQ(run({"policy", "explain", policy, "--event", kGoldens + "README.md"}).status, kExitError);
  EXPECT_EQ(run({"policy", "explain", kGoldens + "fault-tests/policy.yaml", "--transfer", "{}"}).status, kExitError);
}

class PolicyExplainRow : public test::LedgerTest {
 protected:
  Ran explain(const std::string& row) {
    std::ofstream(folder.path("policy.yaml")) << "version: 1\nname: t\nrules:\n"
                                                 "  - {name: many, state: block, when: {faces: {}},\n"
                                                 "     count: {what: transfers, more_than: 1, within: 1h}}\n"
                                                 "  - {name: plates, state: alert, when: {plates: {}}}\n";
    return run({"policy", "explain", "--ledger", folder.path("ledger.db"), "--row", row, folder.path("policy.yaml")});
  }
};

TEST_F(PolicyExplainRow, KnowsWhatWasCountedBeforeIt) {
  Event unlooked = event_at(std::chrono::seconds(20));
  unlooked.transfer.not_inspected.reset();
  unlooked.transfer.complete = true;
  unlooked.findings = Findings();
  open()->keep(std::vector{event_at(std::chrono::seconds(0)), event_at(std::chrono::seconds(10)), unlooked});
  const Ran first = explain("1");
  EXPECT_EQ(first.status, kExitClean) << first.err;
  EXPECT_THAT(first.out, HasSubstr("verdict: alert"));
  EXPECT_THAT(first.out, HasSubstr("know of the 0 transfers"));
  EXPECT_THAT(first.out, HasSubstr("then decided: block, by another policy than this"));
  const Ran second = explain("2");
  EXPECT_THAT(second.out, HasSubstr("verdict: block"));
  EXPECT_THAT(second.out, HasSubstr("know of the 1 transfers that the ledger has of the time before"));
  const Ran third = explain("3");
  EXPECT_THAT(third.out, HasSubstr("verdict: allow or block"));
  EXPECT_THAT(third.out, HasSubstr("unknown, for nobody looked then: many, plates"));
}

TEST_F(PolicyExplainRow, MustBeThere) {
  open()->keep(std::vector{event_at(std::chrono::seconds(0))});
  const Ran absent = explain("7");
  EXPECT_EQ(absent.status, kExitError);
  EXPECT_THAT(absent.err, HasSubstr("row 7 is not there; 'sallyport ledger show' lists rows"));
}

}  // namespace
}  // namespace sallyport::cli
