#include "daemon/worker/image_header.h"

#include <gtest/gtest.h>

#include "tests/unit/daemon/worker/drawn_picture.h"

namespace sallyport {
namespace {

using namespace std::string_view_literals;

ImageHeader header_of(std::string_view text) {
  return read_image_header(as_byte_span(text));
}

void expect_size(const ImageHeader& header, ContentType format, std::uint32_t width, std::uint32_t height) {
  EXPECT_EQ(to_string(header.format), to_string(format));
  EXPECT_EQ(header.width, width);
  EXPECT_EQ(header.height, height);
}

struct Written {
  const char* extension;
  ContentType format;
};

class HeaderOfWrittenFile : public testing::TestWithParam<Written> {};

TEST_P(HeaderOfWrittenFile, HasItsSize) {
  if (!cv::haveImageWriter(GetParam().extension)) GTEST_SKIP() << "this OpenCV does not write " << GetParam().extension;
  const ByteBuffer file = encode(draw_picture(317, 203), GetParam().extension);
  const ImageHeader header = read_image_header(file);
  expect_size(header, GetParam().format, 317, 203);
  EXPECT_FALSE(header.more_images);
}

TEST_P(HeaderOfWrittenFile, CutAnywhereNeverGivesAnotherSize) {
  if (!cv::haveImageWriter(GetParam().extension)) GTEST_SKIP() << "this OpenCV does not write " << GetParam().extension;
  const ByteBuffer file = encode(draw_picture(317, 203), GetParam().extension);
  for (std::size_t size = 0; size < std::min<std::size_t>(file.size(), 700); ++size) {
    const ImageHeader header = read_image_header(Bytes(file).first(size));
    EXPECT_TRUE(!header.has_size() || header.pixels() == 317U * 203U) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, HeaderOfWrittenFile,
                         testing::Values(Written{".jpg", ContentType::kJpeg}, Written{".png", ContentType::kPng},
                                         Written{".bmp", ContentType::kBmp}, Written{".tiff", ContentType::kTiff},
                                         Written{".webp", ContentType::kWebp}, Written{".jp2", ContentType::kJpeg2000}),
                         [](const auto& tested) { return std::string(tested.param.extension + 1); });

TEST(ImageHeader, NothingForOtherBytes) {
  EXPECT_EQ(read_image_header({}).format, ContentType::kUnknown);
  EXPECT_EQ(header_of("%PDF-1.7").format, ContentType::kUnknown);
  EXPECT_EQ(header_of("RIFF\0\0\0\0WAVEfmt "sv).format, ContentType::kUnknown);
  EXPECT_EQ(header_of("\0\0\0\x10"
                      "ftypisom\0\0\0\0"sv)
                .format,
            ContentType::kUnknown)
      << "a film";
}

TEST(ImageHeader, Gif) {
  expect_size(header_of("GIF89a\x40\x01\xF0\x00\x80\0\0"sv), ContentType::kGif, 320, 240);
}

TEST(ImageHeader, BmpTopRowFirst) {
  const auto header = header_of("BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x20\0\0\0\xF0\xFF\xFF\xFF"sv);
  expect_size(header, ContentType::kBmp, 32, 16);
}

TEST(ImageHeader, WebpLosslessAndAnimated) {
  expect_size(header_of("RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2F\x3F\xC1\x3B\x00\0\0\0"sv), ContentType::kWebp, 320, 240);
  const auto animated = header_of("RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\x02\0\0\0\x3F\x01\0\xEF\0\0"sv);
  expect_size(animated, ContentType::kWebp, 320, 240);
  EXPECT_TRUE(animated.more_images);
}

TEST(ImageHeader, TiffBigEndianAndBigTiff) {
  const auto classic = header_of(
      "MM\0*\0\0\0\x08\0\x02\x01\0\0\x03\0\0\0\x01\x01\x40\0\0\x01\x01\0\x04\0\0\0\x01\0\0\0\xF0\0\0\0\x63"sv);
  expect_size(classic, ContentType::kTiff, 320, 240);
  EXPECT_TRUE(classic.more_images) << "a second directory is announced";
  const auto big = header_of(
      "II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0"
      "\0\x01\x04\0\x01\0\0\0\0\0\0\0\x40\x01\0\0\0\0\0\0"
      "\x01\x01\x10\0\x01\0\0\0\0\0\0\0\xF0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv);
  expect_size(big, ContentType::kTiff, 320, 240);
  EXPECT_FALSE(big.more_images);
}

TEST(ImageHeader, TiffWithDirectoriesBelowHasMoreImages) {
  const auto camera = header_of(
      "II*\0\x08\0\0\0\x03\0\0\x01\x03\0\x01\0\0\0\xA0\0\0\0\x01\x01\x03\0\x01\0\0\0\x78\0\0\0"
      "\x4A\x01\x04\0\x02\0\0\0\x80\0\0\0\0\0\0\0"sv);
  expect_size(camera, ContentType::kTiff, 160, 120);
  EXPECT_TRUE(camera.more_images) << "what is decoded is the thumbnail";
}

TEST(ImageHeader, PicturesThatNothingDecodes) {
  expect_size(header_of("FUJIFILMCCD-RAW 0201"), ContentType::kOtherImage, 0, 0);
  expect_size(header_of("P6\n320 240\n255\n..."), ContentType::kOtherImage, 0, 0);
}

TEST(ImageHeader, HeifTakesTheWholeImageNotItsTile) {
  constexpr auto kFile =
      "\0\0\0\x18"
      "ftypmif1\0\0\0\0mif1heic"
      "\0\0\0\x44"
      "meta\0\0\0\0\0\0\0\x38"
      "iprp\0\0\0\x30"
      "ipco"
      "\0\0\0\x14"
      "ispe\0\0\0\0\0\0\x02\0\0\0\x02\0"
      "\0\0\0\x14"
      "ispe\0\0\0\0\0\0\x0F\xC0\0\0\x0B\xD0"sv;
  expect_size(header_of(kFile), ContentType::kHeif, 4032, 3024);
  EXPECT_EQ(header_of("\0\0\0\x10"
                      "ftypavif\0\0\0\0"sv)
                .format,
            ContentType::kAvif);
  EXPECT_EQ(header_of("\0\0\0\x14"
                      "ftypmif1\0\0\0\0avif"sv)
                .format,
            ContentType::kAvif);
}

TEST(ImageHeader, JpegXlSmallAndWithRatio) {
  // small=1, height (29+1)*8 = 240, ratio 3: 4:3
  expect_size(header_of("\xFF\x0A\xFB\x00"sv), ContentType::kJpegXl, 320, 240);
  expect_size(header_of("\0\0\0\x0CJXL \r\n\x87\n\0\0\0\x0CjxlcZZZZ"sv), ContentType::kJpegXl, 0, 0);
  expect_size(header_of("\0\0\0\x0CJXL \r\n\x87\n\0\0\0\x0Cjxlc\xFF\x0A\xFB\x00"sv), ContentType::kJpegXl, 320, 240);
}

TEST(ImageHeader, Jpeg2000TakesTheCodestreamNotTheIhdrBox) {
  constexpr auto kFile =
      "\0\0\0\x0CjP  \r\n\x87\n"
      "\0\0\0\x1Ejp2h\0\0\0\x16ihdr\0\0\0\x01\0\0\0\x01\0\x03\x07\x07\0\0"
      "\0\0\0\0jp2c\xFF\x4F\xFF\x51\0\x2F\0\0\0\0\x01\x40\0\0\0\xF0\0\0\0\0\0\0\0\0"sv;
  expect_size(header_of(kFile), ContentType::kJpeg2000, 320, 240);
}

TEST(ImageHeader, JpegOrientationAndStuffing) {
  const ByteBuffer plain = encode(draw_picture(64, 48), ".jpg");
  EXPECT_EQ(read_image_header(plain).orientation, 1);
  EXPECT_EQ(read_image_header(with_orientation(plain, 6)).orientation, 6);
  EXPECT_EQ(read_image_header(with_orientation(plain, 9)).orientation, 1) << "out of range";
  const ByteBuffer stuffed = with_jpeg_segment(plain, 0xFE, "comment");
  expect_size(read_image_header(stuffed), ContentType::kJpeg, 64, 48);
  expect_size(header_of("\xFF\xD8\xFF\xFF\xFE\0\x02zz\xFF\0\xFF\xC2\0\x08\x08\0\xF0\x01\x40\x03"sv), ContentType::kJpeg,
              320, 240);
}

TEST(ImageHeader, AnimatedPng) {
  const ByteBuffer plain = encode(draw_picture(64, 48), ".png");
  ByteBuffer animated(plain.begin(), plain.begin() + 33);
  append(animated, as_byte_span("\0\0\0\x08"
                                "acTL\0\0\0\x02\0\0\0\0zzzz"sv));
  append(animated, Bytes(plain).subspan(33));
  EXPECT_TRUE(read_image_header(animated).more_images);
  expect_size(read_image_header(animated), ContentType::kPng, 64, 48);
}

TEST(ImageHeader, PngWhoseOnlyFrameIsAnotherImage) {
  const ByteBuffer plain = encode(draw_picture(64, 48), ".png");
  const auto with_chunks = [&plain](std::string_view chunks) {
    ByteBuffer file(plain.begin(), plain.begin() + 33);
    append(file, as_byte_span(chunks));
    append(file, Bytes(plain).subspan(33));
    return file;
  };
  constexpr auto kOneFrame =
      "\0\0\0\x08"
      "acTL\0\0\0\x01\0\0\0\0zzzz"sv;
  constexpr auto kFrame =
      "\0\0\0\0"
      "fcTLzzzz"sv;
  EXPECT_TRUE(read_image_header(with_chunks(kOneFrame)).more_images);
  EXPECT_FALSE(read_image_header(with_chunks(std::string(kOneFrame) + std::string(kFrame))).more_images);
}

}  // namespace
}  // namespace sallyport
