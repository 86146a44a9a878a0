#include "daemon/worker/unpack/part_path.h"

#include <gtest/gtest.h>

#include "daemon/base/limits.h"

namespace sallyport {
namespace {

TEST(PartPath, NamesBecomeHarmlessText) {
  EXPECT_EQ(clean_part_name("photos/a b.jpg"), "photos/a b.jpg");
  EXPECT_EQ(clean_part_name("a\\b"), "a/b");
  EXPECT_EQ(clean_part_name("C:\x7f\n\x1b"), "C____");
  EXPECT_EQ(clean_part_name("f\xC3\xBC.jpg"), "f\xC3\xBC.jpg");
  EXPECT_EQ(clean_part_name("\xFF\xC3"), "__");
  EXPECT_EQ(clean_part_name("\xED\xA0\x80"), "___");  // a surrogate
  EXPECT_EQ(clean_part_name("\xC2\x85"), "__");       // C1
  EXPECT_EQ(clean_part_name("\xE0\x80\xAF"), "___");  // overlong
}

TEST(PartPath, LongNamesKeepTheirEnd) {
  const std::string name = std::string(400, 'a') + "\xC3\xBC.jpg";
  const std::string clean = clean_part_name(name);
  EXPECT_LE(clean.size(), limits::kPartNameBytesMax);
  EXPECT_TRUE(clean.ends_with("a\xC3\xBC.jpg"));
}

TEST(PartPath, PathsAreJoinedAndBounded) {
  EXPECT_EQ(joined_path("", "zip:a"), "zip:a");
  EXPECT_EQ(joined_path("gzip/tar:a.zip", "zip:b:c"), "gzip/tar:a.zip/zip:b_c");
  EXPECT_EQ(joined_path("email:a", ""), "email:a");
  std::string path;
  for (int i = 0; i < 20; ++i) path = joined_path(path, "zip:" + std::string(200, static_cast<char>('a' + i)));
  EXPECT_LE(path.size(), limits::kPartPathBytesMax);
  EXPECT_TRUE(path.ends_with("tttt"));
  EXPECT_TRUE(path.starts_with("zip:aaaa"));
}

}  // namespace
}  // namespace sallyport
