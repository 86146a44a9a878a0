#include "daemon/base/log.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

TEST(Log, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(
      format_log_record("policy loaded", {{"file", "/etc/p.yaml"}, {"rules", 3}, {"name", "two words"}, {"empty", ""}}),
      "policy loaded file=/etc/p.yaml rules=3 name=\"two words\" empty=\"\"");
}

TEST(Log, HostileTextCannotStartANewRecord) {
  EXPECT_EQ(format_log_record("name", {{"path", "a\n<3>forged=\"1\"\x1b[2J"}}),
            "name path=\"a\\n<3>forged=\\\"1\\\"\\x1b[2J\"");
}

}  // namespace
}  // namespace sallyport
