#include "daemon/base/byte_reader.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

const Bytes kEight = as_byte_span("\x01\x02\x03\x04\x05\x06\x07\x08");

TEST(ByteReader, ReadsBothByteOrders) {
  ByteReader big(kEight);
  EXPECT_EQ(big.u8(), 0x01);
  EXPECT_EQ(big.u16be(), 0x0203);
  EXPECT_EQ(big.u24be(), 0x040506U);
  EXPECT_EQ(big.remaining(), 2U);
  ByteReader little(kEight);
  EXPECT_EQ(little.u64le(), 0x0807060504030201U);
  EXPECT_TRUE(little.ok());
}

TEST(ByteReader, FailureIsStickyAndGivesZero) {
  ByteReader reader(kEight);
  reader.skip(7);
  EXPECT_EQ(reader.u32be(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0) << "one byte is left, but the reader has failed";
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, SizeNearTheEndOfAddressSpaceIsRefused) {
  ByteReader reader(kEight);
  reader.skip(4);
  EXPECT_TRUE(reader.take(SIZE_MAX).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReader, SeekToTheEndIsAllowedAndPastItIsNot) {
  ByteReader reader(kEight);
  reader.seek(8);
  EXPECT_TRUE(reader.ok());
  reader.seek(9);
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace sallyport
