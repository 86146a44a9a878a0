#include "daemon/contract/image_end.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/feed_all_ways.h"

namespace sallyport {
namespace {

using namespace std::string_literals;

std::string end_of(ContentType type, const std::string& bytes) {
  return test::feed_all_ways(as_byte_span(bytes), [&](const test::Feeder& feeder) {
    ImageEnd finder(type);
    feeder([&](Bytes piece) { finder.feed(piece); });
    return finder.end() ? std::to_string(*finder.end()) : "none"s;
  });
}

// An APP1 segment with a thumbnail inside (its EOI must not count), a scan with a stuffed byte, RST0, fill bytes, a
// second scan.
std::string jpeg() {
  return "\xff\xd8"
         "\xff\xe1\x00\x08\xff\xd8\xff\xd9zz"
         "\xff\xda\x00\x04\x01\x02"
         "ab\xff\x00"
         "c\xff\xd0"
         "d\xff\xff\xff\xc4\x00\x03x"
         "\xff\xda\x00\x02"
         "e\xff\xd9"s;
}

TEST(ImageEnd, FindsTheEndOfAJpegAtMarkerLevel) {
  EXPECT_EQ(end_of(ContentType::kJpeg, jpeg()), std::to_string(jpeg().size()));
  EXPECT_EQ(end_of(ContentType::kJpeg, jpeg() + "trailing \xff\xd9"), std::to_string(jpeg().size()));
  EXPECT_EQ(end_of(ContentType::kJpeg, jpeg().substr(0, jpeg().size() - 1)), "none");
}

TEST(ImageEnd, BrokenJpegNeverEnds) {
  EXPECT_EQ(end_of(ContentType::kJpeg, "\xff\xd8garbage\xff\xd9"s), "none");
  EXPECT_EQ(end_of(ContentType::kJpeg, "\xff\xd8\xff\xe0\x00\x01\xff\xd9"s), "none");
  EXPECT_EQ(end_of(ContentType::kJpeg, "\xff\xd8\xff\x00\xff\xd9"s), "none");
}

TEST(ImageEnd, FindsTheLastChunkOfAPng) {
  const std::string png =
      "\x89PNG\r\n\x1a\n\0\0\0\x02IHDRxxcccc\0\0\0\x04"
      "fakeIENDcccc\0\0\0\0IENDcccc"s;
  EXPECT_EQ(end_of(ContentType::kPng, png), std::to_string(png.size()));
  EXPECT_EQ(end_of(ContentType::kPng, png + "tail"), std::to_string(png.size()));
  EXPECT_EQ(end_of(ContentType::kPng, png.substr(0, png.size() - 1)), "none");
}

TEST(ImageEnd, FindsTheTrailerOfAGif) {
  const std::string gif =
      "GIF89a\1\0\1\0\x80\0\0rgbrgb"s + "\x21\xff\x03;;;\0"s + "\x2c\0\0\0\0\1\0\1\0\x80rgbrgb\x02\x02;;\0"s + ";";
  EXPECT_EQ(end_of(ContentType::kGif, gif), std::to_string(gif.size()));
  EXPECT_EQ(end_of(ContentType::kGif, gif.substr(0, gif.size() - 1)), "none");
}

TEST(ImageEnd, BelievesTheSizeFieldOfBmpAndWebp) {
  const std::string bmp = "BM\x1e\0\0\0"s + std::string(24, 'b');
  EXPECT_EQ(end_of(ContentType::kBmp, bmp), "30");
  EXPECT_EQ(end_of(ContentType::kBmp, bmp.substr(0, 29)), "none");
  EXPECT_EQ(end_of(ContentType::kBmp, "BM\0\0\0\0"s + std::string(24, 'b')), "none");
  const std::string webp = "RIFF\x0d\0\0\0WEBP"s + std::string(10, 'w');
  EXPECT_EQ(end_of(ContentType::kWebp, webp), "22") << "chunks are padded to even sizes";
}

TEST(ImageEnd, OtherTypesAreUnknown) {
  EXPECT_EQ(end_of(ContentType::kTiff, "II*\0"s + std::string(100, 't')), "none");
}

}  // namespace
}  // namespace sallyport
