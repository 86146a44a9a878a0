#include "daemon/net/recent_bytes.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

std::string numbers(std::size_t from, std::size_t size) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) text += static_cast<char>((from + i) * 131 >> 3);
  return text;
}

TEST(RecentBytesTest, KeepsTheLastBytesAcrossGrowthAndWrap) {
  RecentBytes recent;
  std::size_t at = 0;
  for (const std::size_t step : {1UL, 2000UL, 100UL, 3000UL, 5000UL, 8192UL, 10UL, 20000UL, 7UL}) {
    recent.append(at, as_byte_span(numbers(at, step)), 8192);
    at += step;
    ASSERT_EQ(recent.end(), at);
    ASSERT_GE(recent.end() - recent.begin(), std::min<std::size_t>(at, 7));
    const std::size_t size = recent.end() - recent.begin();
    EXPECT_TRUE(recent.equals(recent.begin(), as_byte_span(numbers(recent.begin(), size))));
    std::string other = numbers(recent.begin(), size);
    other.back() ^= 1;
    EXPECT_FALSE(recent.equals(recent.begin(), as_byte_span(other)));
  }
  EXPECT_EQ(recent.capacity(), 8192U);
}

TEST(RecentBytesTest, AHoleBeginsAnew) {
  RecentBytes recent;
  recent.append(0, as_byte_span("abc"), 4096);
  recent.append(10, as_byte_span("def"), 4096);
  EXPECT_EQ(recent.begin(), 10U);
  EXPECT_TRUE(recent.equals(11, as_byte_span("ef")));
}

TEST(RecentBytesTest, WithoutCapacityNothingIsKept) {
  RecentBytes recent;
  recent.append(0, as_byte_span("abc"), 0);
  EXPECT_EQ(recent.capacity(), 0U);
  EXPECT_EQ(recent.begin(), recent.end());
}

}  // namespace
}  // namespace sallyport
