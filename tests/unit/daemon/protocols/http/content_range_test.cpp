#include "daemon/protocols/http/content_range.h"

#include <gtest/gtest.h>

namespace sallyport::http {
namespace {

TEST(ParseContentRange, ReadsRanges) {
  const auto range = parse_content_range("bytes 5-9/10");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 5U);
  EXPECT_EQ(range->size(), 5U);
  EXPECT_EQ(range->total, 10U);
  EXPECT_FALSE(range->covers_all());
  EXPECT_TRUE(parse_content_range("Bytes=0-9/10")->covers_all());
  EXPECT_FALSE(parse_content_range("bytes 0-9/*")->total);
}

TEST(ParseContentRange, RefusesNonsense) {
  for (const char* text : {"", "bytes */10", "bytes 9-5/10", "bytes 0-10/10", "items 0-1/2", "bytes 0", "bytes -5/10",
                           "bytes 0-99999999999999999999/*"}) {
    EXPECT_FALSE(parse_content_range(text)) << text;
  }
}

}  // namespace
}  // namespace sallyport::http
