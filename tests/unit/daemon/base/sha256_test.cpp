#include "daemon/base/sha256.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

// FIPS 180-4 example.
constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, KnownAnswerWholeAndInPieces) {
  EXPECT_EQ(to_hex(Sha256::of(as_byte_span("abc"))), kAbc);
  Sha256 running;
  running.update(as_byte_span("a"));
  running.update(as_byte_span("bc"));
  EXPECT_EQ(to_hex(running.finish()), kAbc);
  running.update(as_byte_span("abc"));
  EXPECT_EQ(to_hex(running.finish()), kAbc) << "finish() starts anew";
}

TEST(Sha256, HexRoundTripAndRefusal) {
  const auto digest = sha256_from_hex(kAbc);
  ASSERT_TRUE(digest);
  EXPECT_EQ(to_hex(*digest), kAbc);
  EXPECT_FALSE(sha256_from_hex(std::string(63, '0')));
  EXPECT_FALSE(sha256_from_hex(std::string(63, '0') + "g"));
}

}  // namespace
}  // namespace sallyport
