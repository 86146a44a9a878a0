#include "daemon/worker/image_decoder.h"

#include <gtest/gtest.h>

#include "daemon/base/limits.h"
#include "tests/unit/daemon/worker/drawn_picture.h"

namespace sallyport {
namespace {

constexpr DecodeLimits kRoomy{1 << 26, 100000};

bool is_red(const cv::Mat& picture, int x, int y) {
  const auto pixel = picture.at<cv::Vec3b>(y, x);
  return pixel[2] > 180 && pixel[1] < 80;
}

class DecodeFormat : public testing::TestWithParam<const char*> {};

TEST_P(DecodeFormat, GivesThePicture) {
  if (!cv::haveImageWriter(GetParam())) GTEST_SKIP() << "this OpenCV does not write " << GetParam();
  const cv::Mat picture = draw_picture(320, 200);
  const DecodedImage decoded = decode_image(encode(picture, GetParam()), kRoomy);
  EXPECT_FALSE(decoded.not_inspected);
  EXPECT_EQ(decoded.width, 320);
  EXPECT_EQ(decoded.height, 200);
  ASSERT_EQ(decoded.pixels.size(), picture.size());
  EXPECT_EQ(decoded.pixels.type(), CV_8UC3);
  EXPECT_LT(cv::norm(decoded.pixels, picture, cv::NORM_L1) / 320 / 200 / 3, 6) << "mean difference of a channel";
}

TEST_P(DecodeFormat, MorePixelsThanAllowedAreNotDecoded) {
  if (!cv::haveImageWriter(GetParam())) GTEST_SKIP() << "this OpenCV does not write " << GetParam();
  const ByteBuffer file = encode(draw_picture(320, 200), GetParam());
  const DecodedImage refused = decode_image(file, {320 * 200 - 1, 640});
  EXPECT_EQ(refused.not_inspected, NotInspected::kTooLarge);
  EXPECT_TRUE(refused.pixels.empty());
  EXPECT_EQ(refused.width, 320);
  EXPECT_FALSE(decode_image(file, {320 * 200, 640}).not_inspected);
}

TEST_P(DecodeFormat, CutOffIsNeverTakenForWhole) {
  if (!cv::haveImageWriter(GetParam())) GTEST_SKIP() << "this OpenCV does not write " << GetParam();
  const ByteBuffer file = encode(draw_picture(320, 200), GetParam());
  for (const std::size_t percent : {1U, 20U, 50U, 90U}) {
    const DecodedImage cut = decode_image(Bytes(file).first(file.size() * percent / 100), kRoomy);
    EXPECT_TRUE(cut.not_inspected) << percent;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, DecodeFormat, testing::Values(".jpg", ".png", ".bmp", ".tiff", ".webp", ".jp2"),
                         [](const auto& tested) { return std::string(tested.param + 1); });

TEST(DecodeImage, ASideThatNoReplyCanTellIsTooLarge) {
  const auto png_of = [](std::uint32_t width, std::uint32_t height) {
    ByteBuffer file = encode(draw_picture(64, 64), ".png");
    for (std::size_t i = 0; i < 4; ++i) {  // IHDR: width and height, big-endian
      file[16 + i] = static_cast<std::byte>(width >> (24 - 8 * i));
      file[20 + i] = static_cast<std::byte>(height >> (24 - 8 * i));
    }
    return file;
  };
  for (const auto& [width, height] :
       {std::pair{0x7FFFFFFFU, 0x7FFFFFFFU}, std::pair{2'000'000U, 1U}, std::pair{1U, 2'000'000U}}) {
    const DecodedImage refused = decode_image(png_of(width, height), kRoomy);
    EXPECT_EQ(refused.not_inspected, NotInspected::kTooLarge) << width << 'x' << height;
    EXPECT_LE(static_cast<std::uint32_t>(std::max(refused.width, refused.height)), limits::kImageSideMax);
  }
}

TEST(DecodeJpeg, MorePixelsThanTheLibraryTakesAreTooMany) {
  ByteBuffer file = encode(draw_picture(64, 64), ".jpg");
  const std::string marker("\xff\xc0\0\x11\x08", 5);  // SOF0 of three components, 8 bits
  const std::size_t frame = as_text(file).find(marker);
  ASSERT_NE(frame, std::string_view::npos);
  for (std::size_t i = 0; i < 4; ++i) file[frame + marker.size() + i] = std::byte{0xFF};
  EXPECT_EQ(decode_image(file, kRoomy).not_inspected, NotInspected::kTooLarge);
}

TEST(DecodeJpeg, SmallestScaleThatIsEnough) {
  const ByteBuffer file = encode(draw_picture(1600, 1000), ".jpg");
  const auto width_for = [&](int longer_side) { return decode_image(file, {1 << 26, longer_side}).pixels.cols; };
  EXPECT_EQ(width_for(1601), 1600);
  EXPECT_EQ(width_for(801), 1600);
  EXPECT_EQ(width_for(800), 800);
  EXPECT_EQ(width_for(640), 800);
  EXPECT_EQ(width_for(300), 400);
  EXPECT_EQ(width_for(100), 200);
  EXPECT_EQ(decode_image(file, {1 << 26, 100}).width, 1600) << "the size told is the whole image's";
}

TEST(DecodeJpeg, CutOffGivesWhatIsThere) {
  const ByteBuffer file = encode(draw_picture(320, 200), ".jpg");
  const DecodedImage cut = decode_image(Bytes(file).first(file.size() * 3 / 4), kRoomy);
  EXPECT_EQ(cut.not_inspected, NotInspected::kDecodeError);
  ASSERT_FALSE(cut.pixels.empty());
  EXPECT_TRUE(is_red(cut.pixels, 10, 10));
}

TEST(DecodeJpeg, OfAProgressiveImageTheBeginningShowsAllOfItCoarsely) {
  const cv::Mat picture = draw_picture(320, 200);
  const ByteBuffer file = encode(picture, ".jpg", {cv::IMWRITE_JPEG_PROGRESSIVE, 1, cv::IMWRITE_JPEG_QUALITY, 90});
  const DecodedImage cut = decode_image(Bytes(file).first(file.size() / 2), kRoomy);
  EXPECT_EQ(cut.not_inspected, NotInspected::kDecodeError);
  ASSERT_EQ(cut.pixels.size(), picture.size());
  const cv::Rect last(0, 180, 320, 20);
  EXPECT_LT(cv::norm(cut.pixels(last), picture(last), cv::NORM_L1) / (320 * 20 * 3), 20);
}

TEST(DecodeJpeg, BytesAfterTheEndAndBetweenSegmentsAreHarmless) {
  ByteBuffer file = encode(draw_picture(320, 200), ".jpg");
  append(file, as_byte_span("appended by a camera"));
  EXPECT_FALSE(decode_image(file, kRoomy).not_inspected);
  file.insert(file.begin() + 2, 3, std::byte{0x20});
  file.insert(file.begin() + 2, {std::byte{0xFF}, std::byte{0xFE}, std::byte{0}, std::byte{2}});
  EXPECT_FALSE(decode_image(file, kRoomy).not_inspected);
}

TEST(DecodeJpeg, IsTurnedUprightForEveryOrientation) {
  // Where the red quarter of the stored image (top left) is shown (EXIF 2.32 4.6.4 A).
  struct Corner {
    int orientation;
    bool right, bottom, sideways;
  };
  constexpr Corner kCorners[] = {{1, false, false, false}, {2, true, false, false}, {3, true, true, false},
                                 {4, false, true, false},  {5, false, false, true}, {6, true, false, true},
                                 {7, true, true, true},    {8, false, true, true}};
  const ByteBuffer file = encode(draw_picture(320, 200), ".jpg");
  for (const Corner& corner : kCorners) {
    const DecodedImage decoded = decode_image(with_orientation(file, static_cast<char>(corner.orientation)), kRoomy);
    EXPECT_EQ(decoded.width, corner.sideways ? 200 : 320) << corner.orientation;
    ASSERT_EQ(decoded.pixels.cols, decoded.width);
    const int x = corner.right ? decoded.width - 20 : 20;
    const int y = corner.bottom ? decoded.height - 20 : 20;
    EXPECT_TRUE(is_red(decoded.pixels, x, y)) << corner.orientation;
  }
}

TEST(DecodeJpeg, ProgressiveWithTooManyScansIsGivenUp) {
  const ByteBuffer file = encode(draw_picture(64, 64), ".jpg", {cv::IMWRITE_JPEG_PROGRESSIVE, 1});
  EXPECT_FALSE(decode_image(file, kRoomy).not_inspected);
  // The last scan, repeated: each costs the decoder a pass over the whole image.
  const std::string_view text = as_text(file);
  const std::size_t scan = text.rfind("\xFF\xDA");
  ByteBuffer bomb(file.begin(), file.end() - 2);
  const Bytes last = Bytes(file).subspan(scan, file.size() - 2 - scan);
  for (int i = 0; i < 200; ++i) append(bomb, last);
  append(bomb, as_byte_span("\xFF\xD9"));
  EXPECT_EQ(decode_image(bomb, kRoomy).not_inspected, NotInspected::kDecodeError);
}

TEST(DecodeImage, FormatsWithoutDecoderAreNamed) {
  using namespace std::string_view_literals;
  const DecodedImage avif = decode_image(as_byte_span("\0\0\0\x10"
                                                      "ftypavif\0\0\0\0"sv),
                                         kRoomy);
  EXPECT_EQ(avif.not_inspected, NotInspected::kUnsupportedFormat);
  EXPECT_EQ(avif.format, ContentType::kAvif);
  EXPECT_EQ(decode_image(as_byte_span("hello"), kRoomy).not_inspected, NotInspected::kUnsupportedFormat);
  EXPECT_EQ(decode_image({}, kRoomy).not_inspected, NotInspected::kUnsupportedFormat);
}

}  // namespace
}  // namespace sallyport
