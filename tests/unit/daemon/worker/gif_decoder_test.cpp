#include "daemon/worker/gif_decoder.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport {
namespace {

using namespace std::string_view_literals;

constexpr DecodeLimits kRoomy{1 << 20, 640};

// 4x4, colours black, red, green, blue.
constexpr auto kScreen = "GIF89a\x04\0\x04\0\x91\0\0\0\0\0\xFF\0\0\0\xFF\0\0\0\xFF"sv;
// Four rows, red, red, green, blue, as codes of nine each followed by a clear, so that every code is three bits wide.
std::string image(char left, char top, char flags) {
  std::string packed;
  unsigned bits = 0, count = 0;
  const auto put = [&](unsigned code) {
    bits |= code << count;
    count += 3;
    while (count >= 8) {
      packed.push_back(static_cast<char>(bits & 0xFF));
      bits >>= 8;
      count -= 8;
    }
  };
  const std::string_view pixels = "1111111122223333"sv;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (i % 2 == 0) put(4);  // clear
    put(static_cast<unsigned>(pixels[i] - '0'));
  }
  put(5);  // end
  packed.push_back(static_cast<char>(bits));
  std::string text = std::string(",") + left + '\0' + top + std::string("\0\x04\0\x04\0", 5) + flags + '\x02';
  return text + static_cast<char>(packed.size()) + packed + '\0';
}

cv::Vec3b pixel(const DecodedImage& decoded, int x, int y) {
  return decoded.pixels.at<cv::Vec3b>(y, x);
}
const cv::Vec3b kRed(0, 0, 255), kGreen(0, 255, 0), kBlue(255, 0, 0), kWhite(255, 255, 255);

DecodedImage decode(const std::string& file, DecodeLimits bounds = kRoomy) {
  return decode_gif(as_byte_span(file), bounds);
}

TEST(GifDecoder, OneImage) {
  const DecodedImage decoded = decode(std::string(kScreen) + image(0, 0, 0) + ";");
  EXPECT_FALSE(decoded.not_inspected);
  ASSERT_EQ(decoded.pixels.size(), cv::Size(4, 4));
  EXPECT_EQ(pixel(decoded, 0, 0), kRed);
  EXPECT_EQ(pixel(decoded, 3, 2), kGreen);
  EXPECT_EQ(pixel(decoded, 3, 3), kBlue);
}

TEST(GifDecoder, InterlacedRowsComeInTheirOrder) {
  const DecodedImage decoded = decode(std::string(kScreen) + image(0, 0, 0x40) + ";");
  ASSERT_FALSE(decoded.pixels.empty());
  EXPECT_EQ(pixel(decoded, 0, 2), kRed) << "stored second";
  EXPECT_EQ(pixel(decoded, 0, 1), kGreen) << "stored third";
}

TEST(GifDecoder, TransparentPixelsLeaveTheCanvas) {
  const std::string control("!\xF9\x04\x01\0\0\x02\0", 8);
  const DecodedImage decoded = decode(std::string(kScreen) + control + image(0, 0, 0) + ";");
  ASSERT_FALSE(decoded.pixels.empty());
  EXPECT_EQ(pixel(decoded, 0, 2), kWhite);
  EXPECT_EQ(pixel(decoded, 0, 3), kBlue);
}

TEST(GifDecoder, AnImageBeyondTheScreenIsSeenWhole) {
  const DecodedImage decoded = decode(std::string(kScreen) + image(6, 2, 0) + ";");
  ASSERT_EQ(decoded.pixels.size(), cv::Size(10, 6));
  EXPECT_EQ(pixel(decoded, 9, 5), kBlue);
  EXPECT_EQ(decode(std::string(kScreen) + image(6, 2, 0) + ";", {59, 640}).not_inspected, NotInspected::kTooLarge);
}

TEST(GifDecoder, FurtherImagesAreAdmitted) {
  const DecodedImage decoded = decode(std::string(kScreen) + image(0, 0, 0) + image(0, 0, 0) + ";");
  EXPECT_EQ(decoded.not_inspected, NotInspected::kUnsupportedFormat);
  EXPECT_FALSE(decoded.pixels.empty());
}

TEST(GifDecoder, CutAnywhereInTheImageIsADecodeError) {
  const std::string whole = std::string(kScreen) + image(0, 0, 0);
  for (std::size_t size = 0; size + 4 < whole.size(); ++size) {
    EXPECT_EQ(decode(whole.substr(0, size)).not_inspected, NotInspected::kDecodeError) << size;
  }
}

}  // namespace
}  // namespace sallyport
