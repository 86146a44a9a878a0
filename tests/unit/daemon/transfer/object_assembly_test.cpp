#include "daemon/transfer/object_assembly.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "daemon/base/limits.h"
#include "daemon/contract/content_signs.h"

namespace sallyport {
namespace {

std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

struct Piece {
  std::size_t offset, size;
};

std::vector<Piece> cut(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<Piece> pieces;
  for (std::size_t at = 0; at < size;) {
    const std::size_t piece = std::min<std::size_t>(1 + random() % 5000, size - at);
    pieces.push_back({at, piece});
    at += piece;
  }
  std::shuffle(pieces.begin(), pieces.end(), random);
  return pieces;
}

class ObjectAssemblyTest : public testing::Test {
 protected:
  ObjectAssembly make(Interest interest) {
    ObjectAssembly assembly(Interest::kContent, config);
    assembly.start(interest);
    return assembly;
  }
  static Bytes at(const std::string& bytes, Piece piece) {
    return as_byte_span(bytes).subspan(piece.offset, piece.size);
  }

  TransferConfig config;
};

TEST_F(ObjectAssemblyTest, HashesAnyOrderAtEitherInterest) {
  config.memory_bytes_per_object = 20000;
  for (unsigned seed = 0; seed < 20; ++seed) {
    const std::string bytes = random_bytes(seed * 7919 % 100000, seed);
    for (const Interest interest : {Interest::kDigest, Interest::kContent}) {
      ObjectAssembly assembly = make(interest);
      for (const Piece piece : cut(bytes.size(), seed)) assembly.chunk(piece.offset, at(bytes, piece));
      EXPECT_EQ(assembly.seen().total(), bytes.size());
      const auto whole = assembly.finish(true, bytes.size());
      ASSERT_TRUE(whole.sha256) << "seed " << seed;
      EXPECT_EQ(to_hex(*whole.sha256), to_hex(Sha256::of(as_byte_span(bytes))));
      EXPECT_EQ(whole.bytes != nullptr, interest == Interest::kContent && !bytes.empty());
      EXPECT_TRUE(!whole.bytes || as_text(whole.bytes->bytes()) == bytes);
    }
  }
}

TEST_F(ObjectAssemblyTest, DigestAloneKeepsOnlyTheBeginningOfBytesInOrder) {
  ObjectAssembly assembly = make(Interest::kDigest);
  const std::string bytes = random_bytes(4 * limits::kRereadBytes, 1);
  for (std::size_t i = 0; i < bytes.size(); i += 1024) {
    assembly.chunk(i, as_byte_span(bytes).subspan(i, 1024));
    ASSERT_LE(assembly.footprint(), 2 * limits::kRereadBytes);
  }
}

TEST_F(ObjectAssemblyTest, ASecondReadingOfTheBeginningKeepsTheDigest) {
  ObjectAssembly assembly = make(Interest::kDigest);
  const std::string bytes = random_bytes(4 * limits::kRereadBytes, 1);
  assembly.chunk(0, as_byte_span(bytes));
  assembly.chunk(0, as_byte_span(bytes).first(4096));
  assembly.chunk(100, as_byte_span(bytes).subspan(100, limits::kRereadBytes - 100));
  EXPECT_EQ(assembly.repeated(), 4096 + limits::kRereadBytes - 100);
  EXPECT_EQ(assembly.finish(true, bytes.size()).sha256, Sha256::of(as_byte_span(bytes)));
  EXPECT_EQ(assembly.not_inspected(), std::nullopt);
}

TEST_F(ObjectAssemblyTest, AReplacedBeginningAndAnUnknownRepetitionLoseTheDigest) {
  const std::string bytes = random_bytes(4 * limits::kRereadBytes, 1);
  for (const std::size_t offset : {std::size_t{10}, std::size_t{2 * limits::kRereadBytes}}) {
    ObjectAssembly assembly = make(Interest::kDigest);
    assembly.chunk(0, as_byte_span(bytes));
    assembly.chunk(offset, as_byte_span("replaced"));
    EXPECT_EQ(assembly.finish(true, bytes.size()).sha256, std::nullopt) << offset;
    EXPECT_EQ(assembly.not_inspected(), NotInspected::kOverBudget) << offset;
  }
}

TEST_F(ObjectAssemblyTest, LastWriteWinsAndIsHashedAgain) {
  ObjectAssembly assembly = make(Interest::kContent);
  assembly.chunk(0, as_byte_span("hello world"));
  assembly.chunk(4, as_byte_span("o w"));
  EXPECT_EQ(assembly.repeated(), 3U);
  EXPECT_EQ(assembly.conflicting(), 0U);
  assembly.chunk(0, as_byte_span("J"));
  EXPECT_EQ(assembly.conflicting(), 1U);
  assembly.chunk(11, as_byte_span("!"));
  const auto whole = assembly.finish(true, 12);
  EXPECT_EQ(as_text(whole.bytes->bytes()), "Jello world!");
  EXPECT_EQ(whole.sha256, Sha256::of(as_byte_span("Jello world!")));
}

TEST_F(ObjectAssemblyTest, DigestAloneCannotJudgeARewriteAndSaysSo) {
  ObjectAssembly assembly = make(Interest::kDigest);
  const std::string bytes = random_bytes(limits::kRereadBytes + 1, 1);
  assembly.chunk(0, as_byte_span(bytes));
  assembly.chunk(0, as_byte_span("jello"));
  EXPECT_EQ(assembly.not_inspected(), NotInspected::kOverBudget);
  EXPECT_FALSE(assembly.finish(true, bytes.size()).sha256);
}

TEST_F(ObjectAssemblyTest, RewriteBeforeTheDigestBeganCostsNothing) {
  ObjectAssembly assembly = make(Interest::kDigest);
  std::string bytes = random_bytes(80000, 1);
  assembly.chunk(0, at(bytes, {0, 60000}));
  assembly.chunk(0, as_byte_span("GIF89a"));
  assembly.chunk(30000, as_byte_span("other"));
  bytes.replace(0, 6, "GIF89a");
  bytes.replace(30000, 5, "other");
  EXPECT_EQ(assembly.content(), ContentType::kGif);
  EXPECT_GT(assembly.conflicting(), 5U);
  assembly.chunk(60000, at(bytes, {60000, 20000}));
  EXPECT_EQ(assembly.finish(true, bytes.size()).sha256, Sha256::of(as_byte_span(bytes)));
}

TEST_F(ObjectAssemblyTest, CutBeforeTheDigestBeganCostsNothing) {
  ObjectAssembly assembly = make(Interest::kDigest);
  assembly.chunk(0, as_byte_span("hello world"));
  assembly.resize(5);
  assembly.chunk(5, as_byte_span("!"));
  EXPECT_EQ(assembly.finish(true, 6).sha256, Sha256::of(as_byte_span("hello!")));
}

TEST_F(ObjectAssemblyTest, BytesReplacedUnseenAreMissing) {
  for (const Interest interest : {Interest::kDigest, Interest::kContent}) {
    ObjectAssembly assembly = make(interest);
    assembly.chunk(0, as_byte_span("hello"));
    assembly.lose({1, 3}, NotInspected::kNoBytes);
    EXPECT_FALSE(assembly.seen().covers({0, 5}));
    EXPECT_FALSE(assembly.finish(false, 5).sha256);
  }
}

TEST_F(ObjectAssemblyTest, RewriteAheadOfTheHashIsSeenEvenWithoutContent) {
  ObjectAssembly assembly = make(Interest::kDigest);
  assembly.chunk(5, as_byte_span("world"));
  assembly.chunk(5, as_byte_span("World"));
  EXPECT_EQ(assembly.conflicting(), 1U);
  assembly.chunk(0, as_byte_span("hello"));
  EXPECT_EQ(assembly.finish(true, 10).sha256, Sha256::of(as_byte_span("helloWorld")));
}

TEST_F(ObjectAssemblyTest, BytesInOrderReplaceThoseThatWait) {
  for (const std::size_t memory : {0UL, 65536UL}) {
    config.memory_bytes_per_object = memory;
    const std::string early = random_bytes(30000, 1);
    std::string bytes = random_bytes(30000, 2);
    ObjectAssembly assembly = make(Interest::kDigest);
    assembly.chunk(10000, at(early, {10000, 10000}));
    assembly.chunk(0, at(bytes, {0, 15000}));
    assembly.chunk(25000, at(bytes, {25000, 5000}));
    assembly.chunk(20000, at(bytes, {20000, 5000}));
    bytes.replace(15000, 5000, early, 15000, 5000);
    EXPECT_EQ(assembly.repeated(), 5000U);
    EXPECT_GT(assembly.conflicting(), 4900U);
    EXPECT_LE(assembly.footprint(), limits::kRereadBytes);
    EXPECT_EQ(assembly.finish(true, bytes.size()).sha256, Sha256::of(as_byte_span(bytes)));
  }
}

TEST_F(ObjectAssemblyTest, TooLargeDropsBytesButHashesOn) {
  config.object_bytes_max = 1000;
  ObjectAssembly assembly = make(Interest::kContent);
  const std::string bytes = random_bytes(3000, 3);
  for (std::size_t i = 0; i < 3000; i += 500) assembly.chunk(i, as_byte_span(bytes).subspan(i, 500));
  EXPECT_EQ(assembly.not_inspected(), NotInspected::kTooLarge);
  const auto whole = assembly.finish(true, 3000);
  EXPECT_FALSE(whole.bytes);
  EXPECT_EQ(whole.sha256, Sha256::of(as_byte_span(bytes)));
}

TEST_F(ObjectAssemblyTest, BoundsWhatWaitsForItsTurn) {
  config.object_bytes_max = 1000;
  ObjectAssembly assembly = make(Interest::kDigest);
  const std::string bytes(600, 'x');
  assembly.chunk(1ULL << 40, as_byte_span(bytes));
  EXPECT_FALSE(assembly.not_inspected());
  EXPECT_LT(assembly.footprint(), 20000U);
  assembly.chunk(1ULL << 41, as_byte_span(bytes));
  EXPECT_EQ(assembly.not_inspected(), NotInspected::kTooLarge);
}

TEST_F(ObjectAssemblyTest, BoundsSeparateRuns) {
  ObjectAssembly assembly = make(Interest::kAccount);
  for (std::uint64_t i = 0; i < limits::kSeenRunsMax + 10; ++i) assembly.chunk(2 * i + 1, as_byte_span("x"));
  EXPECT_EQ(assembly.seen().count(), limits::kSeenRunsMax);
  EXPECT_EQ(assembly.not_inspected(), NotInspected::kOverBudget);
}

TEST_F(ObjectAssemblyTest, RefusesOffsetsBeyondAnyFile) {
  ObjectAssembly assembly = make(Interest::kContent);
  assembly.chunk(~0ULL - 1, as_byte_span("abcd"));
  EXPECT_EQ(assembly.seen().total(), 0U);
  EXPECT_EQ(assembly.not_inspected(), NotInspected::kTooLarge);
}

TEST_F(ObjectAssemblyTest, TruncationAndGrowthHashTheFinalBytes) {
  ObjectAssembly assembly = make(Interest::kContent);
  assembly.chunk(0, as_byte_span("0123456789"));
  EXPECT_FALSE(assembly.resize(4));
  assembly.chunk(4, as_byte_span("abc"));
  const auto whole = assembly.finish(true, 7);
  EXPECT_EQ(as_text(whole.bytes->bytes()), "0123abc");
  EXPECT_EQ(whole.sha256, Sha256::of(as_byte_span("0123abc")));
}

TEST_F(ObjectAssemblyTest, TruncationToNothingStartsAnewAndMayBeWantedAgain) {
  ObjectAssembly assembly = make(Interest::kContent);
  const std::string junk(kIsoSniffBytes, '\1');
  EXPECT_TRUE(assembly.chunk(0, as_byte_span(junk)));
  EXPECT_EQ(assembly.content(), ContentType::kOther);
  assembly.want(Interest::kAccount);
  EXPECT_TRUE(assembly.resize(0));
  EXPECT_EQ(assembly.content(), ContentType::kUnknown);
  assembly.want(Interest::kContent);
  EXPECT_TRUE(assembly.chunk(0, as_byte_span("GIF89a")));
  EXPECT_EQ(assembly.finish(true, 6).sha256, Sha256::of(as_byte_span("GIF89a")));
}

// Junk first, so that nobody is interested any more, then the picture over it.
TEST_F(ObjectAssemblyTest, RewriteAfterInterestFellIsNotInspected) {
  ObjectAssembly assembly = make(Interest::kContent);
  assembly.chunk(0, as_byte_span(std::string(5000, '\1')));
  assembly.want(Interest::kAccount);
  EXPECT_FALSE(assembly.not_inspected());
  assembly.chunk(0, as_byte_span("GIF89a"));
  EXPECT_EQ(assembly.not_inspected(), NotInspected::kOverBudget);
}

TEST_F(ObjectAssemblyTest, HeaderWrittenLastDecidesTheType) {
  ObjectAssembly assembly = make(Interest::kContent);
  std::string bytes(kIsoSniffBytes, '\0');
  assembly.chunk(0, as_byte_span(bytes));
  EXPECT_EQ(assembly.content(), ContentType::kOther);
  assembly.chunk(0, as_byte_span("GIF89a"));
  EXPECT_TRUE(assembly.settle_type(true));
  EXPECT_EQ(assembly.content(), ContentType::kGif);
}

TEST_F(ObjectAssemblyTest, SnapshotEndsAtTheFirstHole) {
  ObjectAssembly assembly = make(Interest::kContent);
  assembly.chunk(0, as_byte_span("abc"));
  assembly.chunk(5, as_byte_span("fg"));
  EXPECT_EQ(as_text(assembly.snapshot()->bytes()), "abc");
}

TEST_F(ObjectAssemblyTest, PassedBytesLeaveNoDigest) {
  ObjectAssembly assembly = make(Interest::kDigest);
  assembly.chunk(0, as_byte_span("abc"));
  assembly.pass(3, 4);
  EXPECT_EQ(assembly.seen().total(), 7U);
  EXPECT_EQ(assembly.not_inspected(), NotInspected::kGap);
  EXPECT_FALSE(assembly.finish(true, 7).sha256);
}

}  // namespace
}  // namespace sallyport
