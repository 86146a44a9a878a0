#include "daemon/protocols/embedded/magic.h"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::embedded {
namespace {

using namespace std::string_literals;

ContentType match(const std::string& start, Place place) {
  return match_magic(as_byte_span(start), place);
}

TEST(Magic, AsksMoreOfAHeaderInTheMiddle) {
  const std::string odd = "\xff\xd8\xff\xe5\0\x08\1\2\3\4\5\6"s;
  EXPECT_EQ(match(odd, Place::kStart), ContentType::kJpeg);
  EXPECT_EQ(match(odd, Place::kMiddle), ContentType::kUnknown);
  EXPECT_EQ(match("\xff\xd8\xff\xe1\0\x08"
                  "Exif\0\0"s,
                  Place::kMiddle),
            ContentType::kJpeg);
  EXPECT_EQ(match("\xff\xd8\xff\xdb\0\x43\0\x10\x10\x10"s, Place::kMiddle), ContentType::kJpeg);
  EXPECT_EQ(match("\xff\xd8\xff\xdb\0\x43\x99\x10\x10\x10"s, Place::kMiddle), ContentType::kUnknown);
  EXPECT_EQ(match("\xff\x0a"
                  "abcdefghijkl"s,
                  Place::kStart),
            ContentType::kUnknown);
  EXPECT_EQ(match("\xff\x0a"
                  "abcdefghijkl"s,
                  Place::kDeclared),
            ContentType::kJpegXl);
  EXPECT_EQ(match("BM is how this text begins, and not a bitmap"s, Place::kStart), ContentType::kUnknown);
  EXPECT_EQ(match("II*\0\1\0\0\0"s, Place::kStart), ContentType::kUnknown);
}

TEST(Magic, KnowsBrandsOfImagesOnly) {
  EXPECT_EQ(match("\0\0\0\x1c"
                  "ftypavif\0\0\0\0mif1miaf"s,
                  Place::kMiddle),
            ContentType::kAvif);
  EXPECT_EQ(match("\0\0\0\x18"
                  "ftypmif1\0\0\0\0heicmif1"s,
                  Place::kMiddle),
            ContentType::kHeif);
  EXPECT_EQ(match("\0\0\0\x18"
                  "ftypMiHE\0\0\0\0mif1heic"s,
                  Place::kMiddle),
            ContentType::kHeif);
  EXPECT_EQ(match("\0\0\0\x18"
                  "ftypisom\0\0\2\0isommp41"s,
                  Place::kMiddle),
            ContentType::kUnknown);
}

TEST(Magic, EveryTypePassesTheFilterOfPairs) {
  for (const auto& [bytes, distance] : {std::pair{"\xff\xd8"s, 0U},
                                        {"\x89P"s, 0U},
                                        {"GI"s, 0U},
                                        {"RI"s, 0U},
                                        {"BM"s, 0U},
                                        {"II"s, 0U},
                                        {"MM"s, 0U},
                                        {"PK"s, 0U},
                                        {"%P"s, 0U},
                                        {"ft"s, 4U},
                                        {"jP"s, 4U}}) {
    const auto pair =
        static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 | static_cast<unsigned char>(bytes[1]));
    EXPECT_TRUE(kMagicPairs.has(pair)) << bytes;
    EXPECT_EQ(pair_distance(pair), distance);
  }
  EXPECT_FALSE(kMagicPairs.has(0x6161));
}

}  // namespace
}  // namespace sallyport::embedded
