// One group's window: exact at its edges, with threshold and memory bounded, in any order that is not far out.
#include "policy/window.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "policy/limits.h"

namespace sallyport::policy {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp kStart{std::chrono::hours(24 * 365 * 50)};

Counting counting(Counted what, std::uint64_t more_than, std::chrono::milliseconds within, bool decaying = false) {
  Counting made;
  made.what = what;
  made.more_than = more_than;
  made.within = within;
  made.decaying = decaying;
  return made;
}

Contribution amount(std::uint64_t number) {
  Contribution more;
  more.amount = number;
  return more;
}

Picture picture(std::uint8_t number, int flipped_bits = 0) {
  Picture made;
  made.perceptual = true;
  made.bits.fill(number);
  for (int i = 0; i < flipped_bits; ++i) {
    made.bits[static_cast<std::size_t>(i / 8)] =
        static_cast<std::uint8_t>(made.bits[static_cast<std::size_t>(i / 8)] ^ 1U << i % 8);
  }
  return made;
}

Contribution pictures(std::vector<Picture> all) {
  Contribution more;
  more.pictures = std::move(all);
  return more;
}

TEST(Window, CountsWhatIsYoungerThanItsLength) {
  const Counting rule = counting(Counted::kTransfers, 3, 1h);
  Window window;
  window.add(rule, amount(1), kStart);
  window.add(rule, amount(1), kStart + 10min);
  EXPECT_EQ(window.with(rule, amount(1), kStart + 1h - 1ns).sure, 3);
  EXPECT_EQ(window.with(rule, amount(1), kStart + 1h).sure, 2);
  EXPECT_EQ(window.with(rule, amount(1), kStart + 70min).sure, 1);
}

TEST(Window, KeepsNoMoreThanTheThresholdNeeds) {
  const Counting rule = counting(Counted::kTransfers, 5, 1h);
  Window window;
  for (int i = 0; i < 1000; ++i) window.add(rule, amount(1), kStart + i * 1s);
  EXPECT_EQ(window.entries(), 6U);
  const Tally tally = window.with(rule, {}, kStart + 1000s);
  EXPECT_EQ(tally.sure, 6);
  EXPECT_TRUE(tally.at_least);
  EXPECT_FALSE(window.with(rule, {}, kStart + 2h).at_least);
}

/// Against every entry kept and counted anew: over or not is the same at each moment.
TEST(Window, DecidesLikeAListOfEverything) {
  std::mt19937 random{20260101};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  const auto upto = [&random](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  for (int round = 0; round < 50; ++round) {
    const auto threshold = static_cast<std::uint64_t>(1 + upto(20));
    const Counting rule = counting(Counted::kImages, threshold, 10min);
    Window window;
    std::deque<std::pair<Timestamp, int>> all;
    Timestamp now = kStart;
    for (int i = 0; i < 200; ++i) {
      now += std::chrono::seconds(upto(90));
      const Timestamp time = now - std::chrono::seconds(upto(50));
      const int number = 1 + upto(3);
      all.emplace_back(time, number);
      int sum = 0;
      for (const auto& [then, images] : all) sum += time - then < 10min ? images : 0;
      const Tally tally = window.with(rule, amount(static_cast<std::uint64_t>(number)), time);
      ASSERT_EQ(tally.sure > static_cast<double>(threshold), sum > static_cast<int>(threshold)) << round << ' ' << i;
      if (!tally.at_least) {
        ASSERT_EQ(tally.sure, sum);
      }
      window.add(rule, amount(static_cast<std::uint64_t>(number)), time);
    }
  }
}

TEST(Window, ALateTransferStillFindsWhatCountedThen) {
  const Counting rule = counting(Counted::kTransfers, 3, 1h);
  Window window;
  window.add(rule, amount(1), kStart);
  window.add(rule, amount(1), kStart + 1h + 30s);
  EXPECT_EQ(window.with(rule, amount(1), kStart + 1h - 1s).sure, 3);
}

TEST(Window, BytesAddUpAndAreKeptInSlots) {
  const Counting rule = counting(Counted::kBytes, 1U << 30, 24h);
  Window window;
  for (int i = 0; i < 86400; ++i) window.add(rule, amount(1000), kStart + i * 1s);
  EXPECT_EQ(window.with(rule, {}, kStart + 86400s - 1ns).sure, 86'400'000);
  EXPECT_LE(window.entries(), 1030U);
  // Half a day later the older half is gone, to a thousandth of a day.
  EXPECT_NEAR(window.with(rule, {}, kStart + 36h).sure, 43'200'000, 85'000);
  EXPECT_GE(window.with(rule, {}, kStart + 36h).sure, 43'199'000);
}

TEST(Window, APictureThatComesAgainCountsOnce) {
  const Counting rule = counting(Counted::kDistinctImages, 10, 1h);
  Window window;
  window.add(rule, pictures({picture(0), picture(255), picture(0, 31)}), kStart);
  EXPECT_EQ(window.with(rule, {}, kStart).sure, 2);
  EXPECT_EQ(window.with(rule, pictures({picture(0, 31)}), kStart).sure, 2);
  EXPECT_EQ(window.with(rule, pictures({picture(0, 32)}), kStart).sure, 3);
  EXPECT_EQ(window.with(rule, pictures({picture(15), picture(15)}), kStart).sure, 3) << "twice in one archive";
  // Seen again, it stays for another hour.
  window.add(rule, pictures({picture(0)}), kStart + 50min);
  EXPECT_EQ(window.with(rule, {}, kStart + 70min).sure, 1);
  EXPECT_EQ(window.with(rule, {}, kStart + 110min).sure, 0);
}

TEST(Window, ADigestIsNoPerceptualHash) {
  Picture by_digest = picture(7);
  by_digest.perceptual = false;
  EXPECT_FALSE(is_same(by_digest, picture(7)));
  EXPECT_TRUE(is_same(by_digest, by_digest));
  Picture other = by_digest;
  other.bits[0] ^= 1;
  EXPECT_FALSE(is_same(by_digest, other));
}

TEST(Window, DistinctPicturesKeepTheNewest) {
  const Counting rule = counting(Counted::kDistinctImages, 3, 1h);
  Window window;
  for (int i = 0; i < 200; ++i) {
    Picture one = picture(0);
    one.perceptual = false;
    one.bits[0] = static_cast<std::uint8_t>(i);
    window.add(rule, pictures({one}), kStart + i * 1s);
  }
  EXPECT_EQ(window.entries(), 4U);
  EXPECT_EQ(window.with(rule, {}, kStart + 1h + 197s - 1ns).sure, 3);
}

TEST(Window, ADecayingCountHalves) {
  const Counting rule = counting(Counted::kTransfers, 10, 1h, true);
  Window window;
  for (int i = 0; i < 8; ++i) window.add(rule, amount(1), kStart);
  EXPECT_DOUBLE_EQ(window.with(rule, {}, kStart).sure, 8);
  EXPECT_DOUBLE_EQ(window.with(rule, {}, kStart + 1h).sure, 4);
  EXPECT_DOUBLE_EQ(window.with(rule, amount(1), kStart + 3h).sure, 2);
  EXPECT_EQ(window.with(rule, {}, kStart + 10h).sure, 0);
  EXPECT_EQ(window.entries(), 1U);
  window.add(rule, amount(1), kStart + 1h);
  EXPECT_DOUBLE_EQ(window.with(rule, {}, kStart + 2h).sure, 2.5);
}

TEST(Window, ADecayingPictureIsFreshWhenItComesAgain) {
  const Counting rule = counting(Counted::kDistinctImages, 10, 1h, true);
  Window window;
  window.add(rule, pictures({picture(0), picture(255)}), kStart);
  EXPECT_DOUBLE_EQ(window.with(rule, {}, kStart + 1h).sure, 1);
  EXPECT_DOUBLE_EQ(window.with(rule, pictures({picture(0)}), kStart + 1h).sure, 1.5);
}

TEST(Window, WhatMayBeIsKeptApart) {
  const Counting rule = counting(Counted::kImages, 10, 1h);
  Contribution hidden;
  hidden.possible = 4;
  hidden.reasons = bit(NotInspected::kEncrypted);
  Window window;
  window.add(rule, amount(2), kStart);
  window.add(rule, hidden, kStart);
  const Tally tally = window.with(rule, amount(1), kStart + 1min);
  EXPECT_EQ(tally.sure, 3);
  EXPECT_EQ(tally.possible, 4);
  EXPECT_EQ(tally.reasons, bit(NotInspected::kEncrypted));
  EXPECT_EQ(window.with(rule, {}, kStart + 1h).possible, 0);
}

TEST(Window, ForgetsAndSaysSo) {
  const Counting rule = counting(Counted::kImages, 10, 1h);
  Window window;
  window.add(rule, amount(2), kStart);
  window.lose_until(kStart + 2h);
  EXPECT_FALSE(window.expire(rule, kStart + 1h + limits::kCountLateness + 1ns));
  EXPECT_EQ(window.entries(), 0U);
  EXPECT_TRUE(window.with(rule, {}, kStart + 2h - 1ns).is_incomplete);
  EXPECT_TRUE(window.expire(rule, kStart + 2h));
  EXPECT_FALSE(window.with(rule, {}, kStart + 2h).is_incomplete);
}

}  // namespace
}  // namespace sallyport::policy
