// The groups of one rule: bounded, and never silently short.
#include "policy/group_windows.h"

#include <gtest/gtest.h>

#include "policy/limits.h"

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{std::chrono::hours(24 * 365 * 50)};

Counting rule(std::uint64_t more_than) {
  Counting made;
  made.more_than = more_than;
  made.within = 1h;
  return made;
}

Contribution one() {
  Contribution more;
  more.amount = 1;
  return more;
}

GroupKey key(std::uint32_t number) {
  return Sha256::of(as_byte_span(reinterpret_cast<const std::uint8_t*>(&number), sizeof number));
}

TEST(GroupWindows, ATableThatIsFullSaysSo) {
  GroupWindows windows(rule(1));
  for (std::uint32_t i = 0; i < limits::kCountGroupsMax; ++i) windows.add(key(i), one(), kStart);
  const GroupKey late = key(limits::kCountGroupsMax);
  EXPECT_FALSE(windows.look(late, one(), kStart).is_incomplete);
  windows.add(late, one(), kStart + 1min);
  EXPECT_TRUE(windows.look(late, one(), kStart + 1min).is_incomplete) << "one was not kept";
  EXPECT_FALSE(windows.look(key(0), one(), kStart + 1min).is_incomplete) << "it has its place";
  EXPECT_EQ(windows.stats().groups, limits::kCountGroupsMax);
  EXPECT_EQ(windows.stats().groups_full, 1U);
  // When the others have run out there is room again, and only what was lost still counts.
  windows.add(late, one(), kStart + 1h + 2min);
  EXPECT_EQ(windows.stats().groups, 1U);
  EXPECT_FALSE(windows.look(late, one(), kStart + 1h + 2min).is_incomplete);
}

TEST(GroupWindows, AGroupThatGetsNoRoomIsIncomplete) {
  const std::uint64_t most = limits::kCountThresholdMax;
  GroupWindows windows(rule(most));
  const std::size_t groups = limits::kCountEntriesMax / most;
  for (std::uint32_t i = 0; i < groups; ++i) {
    for (std::uint64_t n = 0; n < most; ++n) windows.add(key(i), one(), kStart);
  }
  EXPECT_LE(windows.stats().entries, limits::kCountEntriesMax);
  const GroupKey full = key(static_cast<std::uint32_t>(groups));
  windows.add(full, one(), kStart);
  EXPECT_GT(windows.stats().entries_full, 0U);
  EXPECT_TRUE(windows.look(full, one(), kStart + 1min).is_incomplete);
  EXPECT_FALSE(windows.look(full, one(), kStart + 1h).is_incomplete);
  EXPECT_FALSE(windows.look(key(0), one(), kStart + 1min).is_incomplete);
}

}  // namespace
}  // namespace sallyport::policy
