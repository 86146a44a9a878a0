#include "daemon/transfer/spool.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>

namespace sallyport {
namespace {

TEST(Spool, KeepsSmallBytesInMemoryWithHolesAsZero) {
  Spool spool(64);
  ASSERT_TRUE(spool.write(4, as_byte_span("abc")));
  ASSERT_TRUE(spool.write(0, as_byte_span("x")));
  EXPECT_TRUE(spool.in_memory());
  const auto sealed = spool.seal();
  ASSERT_TRUE(sealed);
  EXPECT_EQ(as_text(sealed->bytes()), std::string("x\0\0\0abc", 7));
  EXPECT_EQ(sealed->memfd(), -1);
  EXPECT_EQ(spool.size(), 0U);
  EXPECT_FALSE(spool.seal());
}

TEST(Spool, MovesToASealedFileAboveTheLimit) {
  Spool spool(8);
  ASSERT_TRUE(spool.write(0, as_byte_span("01234567")));
  EXPECT_TRUE(spool.in_memory());
  ASSERT_TRUE(spool.write(100000, as_byte_span("end")));
  EXPECT_FALSE(spool.in_memory());
  ASSERT_TRUE(spool.write(2, as_byte_span("XY")));
  const auto sealed = spool.seal();
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->bytes().size(), 100003U);
  EXPECT_EQ(as_text(sealed->bytes()).substr(0, 9), std::string("01XY4567\0", 9));
  EXPECT_EQ(as_text(sealed->bytes()).substr(100000), "end");
  const int wanted = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  EXPECT_EQ(::fcntl(sealed->memfd(), F_GET_SEALS) & wanted, wanted);
  EXPECT_LT(::pwrite(sealed->memfd(), "x", 1, 0), 0);
}

TEST(Spool, CountsDifferentBytes) {
  for (const std::size_t limit : {1000U, 2U}) {
    Spool spool(limit);
    ASSERT_TRUE(spool.write(0, as_byte_span("abcdef")));
    EXPECT_EQ(spool.count_different(0, as_byte_span("abcdef")), 0U);
    EXPECT_EQ(spool.count_different(2, as_byte_span("cxex")), 2U);
    EXPECT_EQ(spool.count_different(4, as_byte_span("efgh")), 4U) << "what cannot be read counts as different";
  }
}

TEST(Spool, TruncatesAndReadsZerosAfterGrowingAgain) {
  for (const std::size_t limit : {1000U, 2U}) {
    Spool spool(limit);
    ASSERT_TRUE(spool.write(0, as_byte_span("abcdef")));
    ASSERT_TRUE(spool.truncate(2));
    ASSERT_TRUE(spool.write(4, as_byte_span("z")));
    EXPECT_EQ(as_text(spool.seal()->bytes()), std::string("ab\0\0z", 5));
  }
}

TEST(Spool, DiscardsWholePagesOnly) {
  Spool spool(16);
  const std::string bytes(20000, 'a');
  ASSERT_TRUE(spool.write(0, as_byte_span(bytes)));
  spool.discard_before(5000);
  EXPECT_EQ(spool.size(), 20000U);
  EXPECT_EQ(spool.count_different(5000, as_byte_span(bytes).subspan(5000)), 0U);
  spool.discard_before(20000);
  EXPECT_EQ(spool.size(), 0U);
}

TEST(Spool, CopiesAPrefixAndGoesOn) {
  for (const std::size_t limit : {1000U, 2U}) {
    Spool spool(limit);
    ASSERT_TRUE(spool.write(0, as_byte_span("abcdef")));
    const auto copy = spool.copy(4);
    ASSERT_TRUE(spool.write(0, as_byte_span("ZZZ")));
    EXPECT_EQ(as_text(copy->bytes()), "abcd");
    EXPECT_EQ(as_text(spool.seal()->bytes()), "ZZZdef");
  }
}

}  // namespace
}  // namespace sallyport
