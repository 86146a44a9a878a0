#include "daemon/worker/worker_options.h"

#include <gtest/gtest.h>

#include <vector>

namespace sallyport {
namespace {

Result<WorkerOptions> parse(std::vector<const char*> arguments) {
  return parse_worker_options(arguments);
}

TEST(WorkerOptions, DefaultsAreSafe) {
  const auto options = parse({});
  ASSERT_TRUE(options);
  EXPECT_FALSE(options->fault_injection);
  EXPECT_EQ(options->channel_fd, 3);
  EXPECT_EQ(options->memory_bytes_max, std::uint64_t{1} << 30);
}

TEST(WorkerOptions, AllAreTaken) {
  const auto options = parse({"--model-dir", "/m", "--shipped-dir", "/s", "--cascade-dir", "/c", "--fd", "7",
                              "--memory-max", "268435456", "--fault-injection"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->model_dir, "/m");
  EXPECT_EQ(options->shipped_dir, "/s");
  EXPECT_EQ(options->cascade_dir, "/c");
  EXPECT_EQ(options->channel_fd, 7);
  EXPECT_EQ(options->memory_bytes_max, 268435456U);
  EXPECT_TRUE(options->fault_injection);
}

TEST(WorkerOptions, MistakesAreNamed) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{{"--fd", "2"},
                                                                     {"--fd", "x"},
                                                                     {"--fd"},
                                                                     {"--memory-max", "1"},
                                                                     {"--memory-max", "99999999999999999999"},
                                                                     {"--what", "1"}}) {
    const auto options = parse(arguments);
    ASSERT_FALSE(options) << arguments[0];
    EXPECT_NE(options.error().message.find(arguments[0]), std::string::npos);
  }
}

}  // namespace
}  // namespace sallyport
