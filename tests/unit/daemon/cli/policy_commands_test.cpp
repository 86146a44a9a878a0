// The sub-commands of `sallyport policy` as a build server sees them: exit status and reports.
#include "daemon/cli/policy_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "daemon/cli/commands.h"
#include "tests/support/golden_file.h"

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

}  // namespace
}  // namespace sallyport::cli
