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

TEST(Pictures, ExifThatGivesTheSizeIsNoTiff) {
  const std::string exif(
      "Exif\0\0II*\0\x08\0\0\0\x02\0\0\x01\x03\0\x01\0\0\0\x40\0\0\0\x01\x01\x03\0\x01\0\0\0\x30\0\0\0\0\0\0\0", 44);
  EXPECT_THAT(unpack(with_jpeg_segment(photo(), 0xE1, exif)).lines, IsEmpty());
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

/// A chunk behind the first one, IHDR, as PNG 3rd ed. 5.3 has it; nobody here looks at its checksum.
ByteBuffer with_png_chunk(const ByteBuffer& png, const char* type, const ByteBuffer& content) {
  constexpr std::ptrdiff_t kBehindIhdr = 33;
  ByteBuffer file(png.begin(), png.begin() + kBehindIhdr);
  for (const int shift : {24, 16, 8, 0}) file.push_back(static_cast<std::byte>(content.size() >> shift & 0xFF));
  append(file, as_byte_span(std::string_view(type)));
  append(file, content);
  append(file, ByteBuffer(4));
  append(file, Bytes(png).subspan(kBehindIhdr));
  return file;
}

TEST(Pictures, AnImageBehindOneOfAnyTypeIsFound) {
  for (const char* const outer : {".jpg", ".png", ".bmp", ".webp", ".tiff", ".jp2"}) {
    for (const char* const inner : {".jpg", ".png", ".bmp", ".webp", ".tiff", ".jp2"}) {
      const ByteBuffer hidden = encode(draw_picture(32, 32, 2), inner);
      const Unpacked found = unpack(joined(encode(draw_picture(64, 48), outer), hidden));
      EXPECT_THAT(found.images, ElementsAre(hidden)) << inner << " behind " << outer;
      const bool has_end = outer != std::string_view(".tiff");
      EXPECT_EQ(found.evasions, has_end ? bit(Evasion::kTrailingData) : 0) << inner << " behind " << outer;
    }
  }
}

TEST(Pictures, AnImageBehindOneThatWasCutOff) {
  const ByteBuffer whole = photo(1), second = photo(2);
  const ByteBuffer cut(whole.begin(), whole.end() - 40);
  EXPECT_THAT(unpack(joined(cut, second)).images, ElementsAre(second));
}

TEST(Pictures, AnImageThatIsCutOffHoldsNothingMore) {
  for (const char* const kind : {".jpg", ".png", ".bmp", ".webp", ".tiff", ".jp2"}) {
    const ByteBuffer whole = encode(draw_picture(64, 48), kind);
    const ByteBuffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(whole.size() / 2));
    const Unpacked found = unpack(cut);
    EXPECT_THAT(found.lines, IsEmpty()) << kind;
    EXPECT_EQ(found.evasions, 0U) << kind;
  }
}

TEST(Pictures, AnImageInTheMetadataOfAnyType) {
  const ByteBuffer thumbnail = encode(draw_picture(16, 12, 7), ".jpg");
  const ByteBuffer png = with_png_chunk(encode(draw_picture(64, 48), ".png"), "eXIf", thumbnail);
  EXPECT_THAT(unpack(png).lines, ElementsAre(line_of("png:inside@41", thumbnail)));
  const ByteBuffer heif = joined(bytes_of(std::string("\0\0\0\x18"
                                                      "ftypheic\0\0\0\0mif1heic"
                                                      "\0\0\0\0mdat",
                                                      32)),
                                 thumbnail);
  EXPECT_THAT(unpack(heif).lines, ElementsAre(line_of("heif:inside@32", thumbnail)));
}

TEST(Pictures, TilesWithoutTablesAreNoImages) {
  ByteBuffer tile = photo();
  const std::string_view tables("\xFF\xDB", 2);
  for (std::size_t at = as_text(tile).find(tables); at != std::string_view::npos; at = as_text(tile).find(tables)) {
    tile[at + 1] = std::byte{0xFE};  // a comment
  }
  EXPECT_THAT(unpack(joined(encode(draw_picture(64, 48), ".tiff"), tile)).lines, IsEmpty());
}

TEST(Pictures, PreviewsOfWhatNothingDecodes) {
  const ByteBuffer preview = photo();
  for (const char* const start : {"FUJIFILMCCD-RAW 0201", "IIRO", "8BPS", "FOVb"}) {
    std::string file(start);
    file.resize(100);
    if (file.starts_with("8BPS")) file[5] = 1;
    const Unpacked found = unpack(joined(bytes_of(file), preview));
    EXPECT_THAT(found.lines, ElementsAre(line_of("other_image:inside@100", preview))) << start;
  }
}

TEST(Pictures, AnArchiveInAFileWithoutEnd) {
  const ByteBuffer hidden = encode(draw_picture(64, 48, 2), ".bmp");
  const ByteBuffer file = joined(encode(draw_picture(64, 48), ".tiff"), zip_of({{"h.jpg", hidden}}));
  EXPECT_THAT(unpack(joined(file, ByteBuffer(100000))).images, ElementsAre(hidden))
      << "too far from the end for readers of ZIP";
  EXPECT_THAT(unpack(file).images, ElementsAre(hidden)) << "once";
}

TEST(Pictures, UnknownMembersAreSearched) {
  const ByteBuffer hidden = photo();
  const ByteBuffer file = zip_of({{"a.bin", joined(bytes_of("\1"), hidden)}});
  EXPECT_THAT(unpack(file).lines, ElementsAre(line_of("zip:a.bin/carved@1", hidden)));
}

TEST(Pictures, TheObjectItselfIsSearchedOnTheWireOnly) {
  EXPECT_THAT(unpack(joined(bytes_of("\1"), photo())).lines, IsEmpty());
}

TEST(Pictures, TextsAreSearchedForWhatIsWrittenInThem) {
  const std::string page =
      "<html><body><p>Nothing to see</p><img "
      "src=\"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEA"
      "AAIBRAA7\"/></body></html>";
  const Unpacked found = unpack(zip_of({{"a.html", bytes_of(page)}}));
  EXPECT_THAT(found.lines, ElementsAre("zip:a.html/base64@1 42"));
}

TEST(Pictures, TheSignOfAFormatInAProgramIsNoPicture) {
  ByteBuffer program =
      bytes_of(std::string("\x7F"
                           "ELF\2\1\1\0\0\0\0\0\0\0\0\0GIF87a\0GIF89a\0\0\0\0\0\0\0\0\0\0\0\0",
                           40));
  program.resize(5000);
  EXPECT_THAT(unpack(zip_of({{"program", program}})).lines, IsEmpty());
}

TEST(Pictures, WhatLiesTooDeepIsTold) {
  ByteBuffer file = bytes_of("nothing");
  for (int i = 0; i < limits::kContainerDepthMax; ++i) file = zip_of({{"a", file}});
  const Unpacked found = unpack(file);
  ASSERT_EQ(found.lines.size(), 1U);
  EXPECT_TRUE(found.lines[0].ends_with(" !container_limit")) << found.lines[0];
}

TEST(Pictures, FramesOfAFilm) {
  const ByteBuffer frame = photo();
  const ByteBuffer film = joined(joined(bytes_of(std::string("RIFF\0\0\1\0AVI LIST", 16)), frame), ByteBuffer(9));
  EXPECT_THAT(unpack(film).lines, ElementsAre(line_of("video:frame@16", frame), " !unsupported_format"));
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
