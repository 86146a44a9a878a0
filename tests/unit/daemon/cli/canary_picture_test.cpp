#include "daemon/cli/canary_picture.h"

#include <gtest/gtest.h>

#include "daemon/contract/content_signs.h"

namespace sallyport::cli {
namespace {

TEST(CanaryPicture, IsAJpegWithoutExif) {
  const ByteBuffer picture = draw_canary(1);
  EXPECT_EQ(type_by_start(picture, true), ContentType::kJpeg);
  EXPECT_EQ(as_text(picture).find("Exif"), std::string_view::npos);
  EXPECT_GT(picture.size(), 5000U);
}

TEST(CanaryPicture, AnotherSeedIsAnotherPicture) {
  EXPECT_EQ(draw_canary(1), draw_canary(1));
  EXPECT_NE(draw_canary(1), draw_canary(2));
}

}  // namespace
}  // namespace sallyport::cli
