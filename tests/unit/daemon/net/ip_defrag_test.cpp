#include "daemon/net/ip_defrag.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace sallyport {
namespace {

constexpr Timestamp kStart{std::chrono::hours(1)};

class IpDefragTest : public testing::Test {
 protected:
  explicit IpDefragTest(bool refuses_conflicts = false) : defragmenter_(config_, stats_, refuses_conflicts) {}
  std::string add(std::uint32_t offset, std::string_view text, bool more, std::uint32_t identification = 1) {
    IpPacket fragment;
    fragment.source = *IpAddress::parse("192.0.2.1");
    fragment.destination = *IpAddress::parse("192.0.2.2");
    fragment.is_v4 = v4_;
    fragment.protocol = 6;
    fragment.payload = as_byte_span(text);
    fragment.is_fragment = true;
    fragment.more_fragments = more;
    fragment.fragment_offset = offset;
    fragment.identification = identification;
    const auto whole = defragmenter_.add(fragment, now_, path_);
    return whole ? std::string(as_text(whole->payload)) : "";
  }

  NetStats stats_;
  DefragConfig config_{16384, std::chrono::seconds(30)};
  IpDefragmenter defragmenter_;
  Timestamp now_ = kStart;
  bool v4_ = true;
  std::uint32_t path_ = 0;
};

TEST_F(IpDefragTest, AnyOrderGivesTheDatagram) {
  struct Piece {
    std::uint32_t offset;
    const char* text;
    bool more;
  };
  std::vector<Piece> pieces{{0, "01234567", true}, {8, "abcdefgh", true}, {16, "ABCDEFGH", true}, {24, "xyz", false}};
  std::vector<int> order{0, 1, 2, 3};
  std::uint32_t identification = 0;
  do {
    ++identification;
    std::string whole;
    for (const int i : order) {
      const Piece& piece = pieces[static_cast<std::size_t>(i)];
      whole += add(piece.offset, piece.text, piece.more, identification);
    }
    EXPECT_EQ(whole, "01234567abcdefghABCDEFGHxyz");
  } while (std::ranges::next_permutation(order).found);
  EXPECT_EQ(stats_.datagrams_reassembled.value(), 24U);
  EXPECT_EQ(defragmenter_.bytes(), 0U);
}

TEST_F(IpDefragTest, EqualOverlapsOfIpv4AreTrimmed) {
  add(0, "0123456789abcdef", true);
  add(8, "89abcdefABCDEFGH", true);
  EXPECT_EQ(add(24, "!", false), "0123456789abcdefABCDEFGH!");
}

TEST_F(IpDefragTest, AConflictGivesBothReadings) {
  add(0, "0123456789abcdef", true);
  add(8, "abcdefgh", true);
  EXPECT_EQ(add(16, "end", false), "0123456789abcdefend");
  EXPECT_EQ(as_text(defragmenter_.take_second_reading()), "01234567abcdefghend");
  EXPECT_TRUE(defragmenter_.take_second_reading().empty());
  EXPECT_EQ(stats_.fragment_overlaps.value(), 1U);
  EXPECT_EQ(defragmenter_.bytes(), 0U);
}

TEST_F(IpDefragTest, ContradictionsWithoutEndSpoilTheDatagram) {
  add(0, "0123456789abcdef", true);
  for (char c = 'A'; c < 'K'; ++c) add(8, std::string(8, c), true);
  EXPECT_EQ(add(16, "end", false), "");
  EXPECT_EQ(add(0, "0123456789abcdef", true), "");
  EXPECT_EQ(add(16, "end", false), "");
}

class RefusingIpDefragTest : public IpDefragTest {
 protected:
  std::string add(std::uint32_t offset, std::string_view text, bool more) {
    const std::string whole = IpDefragTest::add(offset, text, more);
    refused_ = defragmenter_.has_refused();
    return whole;
  }
  RefusingIpDefragTest() : IpDefragTest(true) {}
  bool refused_ = false;
};

TEST_F(RefusingIpDefragTest, AContradictionIsRefusedAndToldWithTheDatagram) {
  add(0, "0123456789abcdef", true);
  EXPECT_FALSE(refused_);
  add(8, "89abcdef", true);
  EXPECT_FALSE(refused_) << "what comes again unchanged passes";
  add(8, "abcdefghnew bytes and more", false);
  EXPECT_TRUE(refused_);
  EXPECT_EQ(add(16, "end", false), "0123456789abcdefend") << "nor is its end believed";
  EXPECT_FALSE(refused_);
  EXPECT_EQ(as_text(defragmenter_.take_second_reading()), "01234567abcdefghnew");
  EXPECT_EQ(stats_.fragment_overlaps.value(), 1U);
  EXPECT_EQ(stats_.fragments_refused.value(), 1U);
  EXPECT_EQ(defragmenter_.bytes(), 0U);
}

TEST_F(RefusingIpDefragTest, ContradictionsWithoutEndSpoilNothing) {
  add(0, "0123456789abcdef", true);
  for (char c = 'A'; c < 'K'; ++c) {
    add(8, std::string(8, c), true);
    EXPECT_TRUE(refused_) << c;
  }
  EXPECT_EQ(add(16, "end", false), "0123456789abcdefend");
}

TEST_F(RefusingIpDefragTest, FragmentsThatFitNoDatagramAreRefused) {
  add(8, "end", false);
  add(16, "01234567", true);
  EXPECT_TRUE(refused_) << "behind the end";
  add(0, "short", true);
  EXPECT_TRUE(refused_) << "no multiple of eight";
  add(8, "another end", false);
  EXPECT_TRUE(refused_);
  EXPECT_EQ(add(0, "01234567", true), "01234567end");
}

TEST_F(RefusingIpDefragTest, AnyOverlapOfIpv6IsRefused) {
  v4_ = false;
  add(0, "0123456789abcdef", true);
  add(0, "0123456789abcdef", true);
  EXPECT_FALSE(refused_);
  add(8, "89abcdefABCDEFGH", true);
  EXPECT_TRUE(refused_);
  EXPECT_EQ(add(16, "end", false), "0123456789abcdefend");
}

TEST_F(IpDefragTest, FragmentsThatCameAnotherWayAreAnothers) {
  add(0, "01234567", true);
  path_ = 7;
  add(0, "ABCDEFGH", true);
  EXPECT_EQ(add(8, "two", false), "ABCDEFGHtwo");
  path_ = 0;
  EXPECT_EQ(add(8, "one", false), "01234567one");
}

TEST_F(IpDefragTest, Ipv6TakesRepetitionsButNoOverlap) {
  v4_ = false;
  add(0, "01234567", true);
  add(0, "01234567", true);
  EXPECT_EQ(add(8, "end", false), "01234567end");
  add(0, "0123456789abcdef", true, 2);
  EXPECT_EQ(add(8, "89abcdef", true, 2), "");
  EXPECT_EQ(add(16, "end", false, 2), "");
  EXPECT_EQ(stats_.fragment_overlaps.value(), 1U);
}

TEST_F(IpDefragTest, WhatFitsNoDatagramIsMalformed) {
  add(0, "short", true, 1);
  add(65528, "too long", false, 2);
  add(8, "end", false, 3);
  add(16, "01234567", true, 3);
  EXPECT_EQ(stats_.fragments_malformed.value(), 3U);
}

TEST_F(IpDefragTest, TimeAndMemoryEndUnfinishedDatagrams) {
  add(0, "01234567", true, 1);
  now_ += std::chrono::seconds(31);
  defragmenter_.expire(now_);
  EXPECT_EQ(stats_.datagrams_timed_out.value(), 1U);
  EXPECT_EQ(add(8, "end", false, 1), "");
  const std::string large(4000, 'x');
  for (std::uint32_t i = 10; i < 30; ++i) {
    add(0, large, true, i);
    EXPECT_LE(defragmenter_.bytes(), config_.bytes_max);
  }
  EXPECT_GT(stats_.datagrams_evicted.value(), 10U);
  EXPECT_EQ(add(4000, "end", false, 29), large + "end") << "the youngest stays";
}

}  // namespace
}  // namespace sallyport
