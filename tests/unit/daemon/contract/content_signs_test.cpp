#include "daemon/contract/content_signs.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sallyport {
namespace {

using namespace std::string_literals;

using Samples = std::vector<std::pair<std::string, ContentType>>;

TEST(ContentSigns, ByTheStart) {
  const Samples samples{
      {"FUJIFILMCCD-RAW 0201"s, ContentType::kOtherImage},
      {"IIRO\x08\0\0\0"s, ContentType::kOtherImage},
      {"IIU\0\x08\0\0\0"s, ContentType::kOtherImage},
      {"II\xbc\1\x20\0\0\0"s, ContentType::kOtherImage},
      {"8BPS\0\1\0\0"s, ContentType::kOtherImage},
      {"\xd7\xcd\xc6\x9a\0\0"s, ContentType::kOtherImage},
      {"FORM\0\0\1\0ILBM"s, ContentType::kOtherImage},
      {"\xff\xd8\xff\xf7"s, ContentType::kJpeg},  // JPEG-LS
      {"\0\0\2\0\0\0\0\0\0\0\0\0\x40\1\xf0\0\x18\0"s, ContentType::kOtherImage},
      {"\0\1\1\0\0\0\1\x18\0\0\0\0\x40\1\xf0\0\x08\x20"s, ContentType::kOtherImage},
      {"\0\0\1\xba\x44\0"s, ContentType::kVideo},
      {"\0\0\1\xb3\x14\0"s, ContentType::kVideo},
      {"FLV\1\5"s, ContentType::kVideo},
      {"\0\0\x10\0moov"s, ContentType::kVideo},
      {"\0\0\0\1mdat"s, ContentType::kVideo},
      {"\0\0\0\x08wide"s, ContentType::kVideo},
      {"\0\0\0\x08"
       "free"s,
       ContentType::kVideo},
      {"\x1f\x9d\x90"s, ContentType::kGzip},
      {"]\0\0\x80\0"s, ContentType::kXz},
      {"\0\0\2\0\1\0\x20\x20"s, ContentType::kIcon},
      {"\0\0\2\0pnot"s, ContentType::kVideo},  // begins like an icon
  };
  for (const auto& [start, type] : samples) {
    EXPECT_EQ(type_by_start(as_byte_span(start), false), type) << start;
    for (std::size_t size = 0; size < start.size(); ++size) {
      const auto fit = type_by_start(as_byte_span(start).first(size), false);
      EXPECT_TRUE(fit == ContentType::kUnknown || fit == type) << start << " at " << size;
    }
  }
}

TEST(ContentSigns, NothingInWhatOnlyLooksLikeIt) {
  for (const std::string& start :
       {"BMW makes cars"s + std::string(20, '.'), "The free text"s, "Its mdat"s, "\x1f\x9d\x05"s, "RIFF\1\2\3\4WAVE"s,
        "\0\0\2\0\0\0\0\0\0\0\0\0\x40\1\xf0\0\x11\0"s, std::string(64, '\0'), "P6 is a chip of Intel's"s}) {
    EXPECT_EQ(type_by_start(as_byte_span(start), true), std::nullopt) << start;
    EXPECT_EQ(type_further_in(as_byte_span(start)), ContentType::kUnknown) << start;
  }
}

std::string packets(std::size_t first, std::size_t size, std::size_t count) {
  std::string stream(first, '\0');
  for (std::size_t i = 0; i < count; ++i) {
    stream += '\x47';
    stream.resize(first + (i + 1) * size);
  }
  return stream;
}

TEST(ContentSigns, FurtherIn) {
  EXPECT_EQ(type_further_in(as_byte_span(packets(0, 188, 5))), ContentType::kVideo);
  EXPECT_EQ(type_further_in(as_byte_span(packets(4, 192, 5))), ContentType::kVideo);
  EXPECT_EQ(type_further_in(as_byte_span(packets(0, 188, 3))), ContentType::kUnknown) << "an accident";
  EXPECT_EQ(type_further_in(as_byte_span("P6\n320 240\n255\n..."s)), ContentType::kOtherImage);
  EXPECT_EQ(type_further_in(as_byte_span("P4 # a comment\n8 8\n..."s)), ContentType::kOtherImage);
  EXPECT_EQ(type_further_in(as_byte_span("P5\n#" + std::string(5000, 'x'))), ContentType::kOtherImage)
      << "a comment longer than what is looked at";
  EXPECT_EQ(type_further_in(as_byte_span("P7\nWIDTH 8\nHEIGHT 8\n"s)), ContentType::kOtherImage);
  std::string metafile("\1\0\0\0", 4);
  metafile.resize(40);
  EXPECT_EQ(type_further_in(as_byte_span(metafile + " EMF")), ContentType::kOtherImage);
  std::string archive("\xc7\x71\0\0\0\0\0\x81", 8);
  archive.resize(20);
  archive += "\2\0\0\0\0\0a\0"s;
  EXPECT_EQ(type_further_in(as_byte_span(archive)), ContentType::kCpio);
  archive[7] = 0;
  EXPECT_EQ(type_further_in(as_byte_span(archive)), ContentType::kUnknown) << "no kind of file";
}

TEST(ContentSigns, IsoByAllItsBytesOnly) {
  std::string image(kIsoSniffBytes - 5, '\0');
  image += "CD001";
  EXPECT_TRUE(is_iso(as_byte_span(image)));
  image.pop_back();
  EXPECT_FALSE(is_iso(as_byte_span(image)));
}

}  // namespace
}  // namespace sallyport
