#include "daemon/contract/byte_ranges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace sallyport {
namespace {

using ::testing::ElementsAre;

TEST(ByteRangeSet, JoinsTouchingAndOverlappingRanges) {
  ByteRangeSet set;
  EXPECT_EQ(set.add({10, 20}), 10U);
  EXPECT_EQ(set.add({30, 40}), 10U);
  EXPECT_EQ(set.add({15, 35}), 10U);
  EXPECT_EQ(set.count(), 1U);
  EXPECT_EQ(set.add({0, 10}), 10U);
  EXPECT_EQ(set.contiguous_end(), 40U);
}

TEST(ByteRangeSet, TellsWhatIsMissing) {
  ByteRangeSet set;
  set.add({5, 10});
  set.add({20, 25});
  EXPECT_THAT(set.missing({0, 30}, 10), ElementsAre(ByteRange{0, 5}, ByteRange{10, 20}, ByteRange{25, 30}));
  EXPECT_THAT(set.missing({0, 30}, 2), ElementsAre(ByteRange{0, 5}, ByteRange{10, 30}))
      << "bounded: the last reaches to the end";
  EXPECT_THAT(set.missing({6, 9}, 10), ElementsAre());
  EXPECT_TRUE(set.covers({5, 10}));
  EXPECT_FALSE(set.covers({5, 11}));
}

TEST(ByteRangeSet, TruncateCutsInsideARange) {
  ByteRangeSet set;
  set.add({0, 10});
  set.add({20, 30});
  set.truncate(7);
  EXPECT_EQ(set.total(), 7U);
  EXPECT_EQ(set.contiguous_end(), 7U);
}

TEST(ByteRangeSet, RemoveCutsInsideAndAcrossRanges) {
  ByteRangeSet set;
  set.add({0, 10});
  set.add({20, 30});
  set.add({40, 50});
  EXPECT_EQ(set.remove({10, 20}), 0U);
  EXPECT_EQ(set.remove({4, 6}), 2U);
  EXPECT_EQ(set.remove({8, 45}), 17U);
  EXPECT_EQ(set.total(), 11U);
  EXPECT_EQ(set.count(), 3U);
  EXPECT_THAT(set.missing({0, 50}, 10), ElementsAre(ByteRange{4, 6}, ByteRange{8, 45}));
}

TEST(ByteRangeSet, AgreesWithABitmap) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    ByteRangeSet set;
    std::vector<bool> bitmap(64);
    for (int step = 0; step < 12; ++step) {
      const std::uint64_t a = random() % 64, b = random() % 65;
      std::uint64_t fresh = 0;
      for (std::uint64_t i = a; i < b; ++i) fresh += !bitmap[i], bitmap[i] = true;
      EXPECT_EQ(set.add({a, b}), fresh);
    }
    std::uint64_t missing = 0;
    for (const ByteRange& hole : set.missing({0, 64}, 100)) missing += hole.size();
    EXPECT_EQ(missing + set.total(), 64U);
  }
}

}  // namespace
}  // namespace sallyport
