// Images inside and behind images.
#include <gmock/gmock.h>

#include "daemon/base/byte_reader.h"
#include "daemon/worker/unpack/image_extent.h"
#include "tests/unit/daemon/worker/unpack/recording_sinks.h"

namespace sallyport::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ByteBuffer joined(ByteBuffer first, const ByteBuffer& second) {
  append(first, second);
  return first;
}

std::string at(const char* place, std::size_t position) {
  return std::string(place) + '@' + std::to_string(position);
}

TEST(Pictures, APlainImageHoldsNothing) {
  for (const char* const kind : {".jpg", ".png", ".bmp", ".webp"}) {
    const Unpacked found = unpack(encode(draw_picture(64, 48), kind));
    EXPECT_THAT(found.lines, IsEmpty()) << kind;
    EXPECT_EQ(found.evasions, 0U) << kind;
  }
}

TEST(Pictures, EveryExtentIsTheWholeFile) {
  const struct {
    const char* kind;
    ContentType type;
  } kKinds[] = {{".jpg", ContentType::kJpeg},
                {".png", ContentType::kPng},
                {".bmp", ContentType::kBmp},
                {".webp", ContentType::kWebp}};
  for (const auto& [kind, type] : kKinds) {
    const ByteBuffer image = encode(draw_picture(64, 48), kind);
    EXPECT_EQ(image_extent(type, joined(image, bytes_of("more"))), image.size()) << kind;
    EXPECT_FALSE(image_extent(type, Bytes(image).first(image.size() - 2))) << kind;
  }
}

TEST(Pictures, AThumbnailIsAnImageOfItsOwnAndNoSign) {
  const ByteBuffer thumbnail = encode(draw_picture(16, 12, 7), ".jpg");
  const std::string exif = std::string("Exif\0\0II*\0", 10) + std::string(as_text(thumbnail));
  const Unpacked found = unpack(with_jpeg_segment(photo(), 0xE1, exif));
  EXPECT_THAT(found.lines, ElementsAre(line_of(at("jpeg:segment", 2 + 4 + 10), thumbnail)));
  EXPECT_EQ(found.evasions, 0U);
}

TEST(Pictures, AnImageBehindTheEndIsFoundAndFlagged) {
  const ByteBuffer first = photo(1);
  for (const char* const kind : {".jpg", ".png"}) {
    const ByteBuffer second = encode(draw_picture(32, 32, 2), kind);
    const Unpacked found = unpack(joined(first, joined(bytes_of("\n\n"), second)));
    EXPECT_THAT(found.images, ElementsAre(second)) << kind;
    EXPECT_THAT(found.lines, ElementsAre(line_of(at("jpeg:trailing", first.size() + 2), second))) << kind;
    EXPECT_EQ(found.evasions, bit(Evasion::kTrailingData)) << kind;
  }
}

TEST(Pictures, AnAnnouncedSecondPictureIsNoSign) {
  const ByteBuffer first = with_jpeg_segment(photo(1), 0xE2, std::string_view("MPF\0II*\0", 8));
  const Unpacked found = unpack(joined(first, photo(2)));
  EXPECT_THAT(found.images, ElementsAre(photo(2)));
  EXPECT_EQ(found.evasions, 0U);
}

TEST(Pictures, PaddingBehindTheEndIsNoSign) {
  const Unpacked found = unpack(joined(photo(), ByteBuffer(512)));
  EXPECT_THAT(found.lines, IsEmpty());
  EXPECT_EQ(found.evasions, 0U);
}

TEST(Pictures, ARiffThatIsCutOffIsNoPicture) {
  EXPECT_THAT(unpack(joined(photo(), bytes_of("RIFF\x10\0"))).lines, IsEmpty());
  EXPECT_THAT(unpack(bytes_of("RIFF\x10\0")).lines, IsEmpty());
}

TEST(Pictures, AZipBehindAnImageIsReadAndFlagged) {
  const ByteBuffer hidden = photo(2);
  const ByteBuffer file = joined(encode(draw_picture(64, 48), ".png"), zip_of({{"h.jpg", hidden}}));
  const Unpacked found = unpack(file);
  EXPECT_THAT(found.images, ::testing::Contains(hidden));
  EXPECT_EQ(found.evasions, bit(Evasion::kTrailingData));
  unpack_cut_everywhere(file);
}

TEST(Pictures, ATarBehindAnImageIsReadAndFlagged) {
  const ByteBuffer hidden = photo(2);
  const Unpacked found = unpack(joined(photo(1), archive_of({::archive_write_set_format_ustar}, {{"h.jpg", hidden}})));
  EXPECT_THAT(found.images, ElementsAre(hidden));
  EXPECT_EQ(found.evasions, bit(Evasion::kTrailingData));
}

TEST(Pictures, IconsHoldPngsAndBitmaps) {
  const ByteBuffer png = encode(draw_picture(16, 16), ".png");
  std::string icon("\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0", 14);
  const auto put = [&icon](std::size_t value) {
    for (int i = 0; i < 4; ++i) icon += static_cast<char>(value >> (8 * i) & 0xFF);
  };
  put(png.size());
  put(22);
  icon += as_text(png);
  EXPECT_THAT(unpack(bytes_of(icon)).lines, ElementsAre(line_of("icon:0", png)));
}

TEST(Pictures, SvgDataUris) {
  const std::string svg =
      "<svg xmlns='x'><image "
      "href=\"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\"/></svg>";
  const Unpacked found = unpack(bytes_of(svg));
  ASSERT_EQ(found.images.size(), 1U);
  EXPECT_TRUE(as_text(found.images[0]).starts_with("GIF89a"));
}

TEST(Pictures, FilmsAreToldAsNotInspected) {
  EXPECT_THAT(unpack(bytes_of(std::string("\0\0\0\x18"
                                          "ftypisom\0\0\0\0isommp41",
                                          24)))
                  .lines,
              ElementsAre(" !unsupported_format"));
}

}  // namespace
}  // namespace sallyport::test
