#include "daemon/cli/file_object.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temporary_folder.h"

namespace sallyport::cli {
namespace {

using testing::HasSubstr;

TEST(FileObject, HasAllBytesOfTheFile) {
  test::TemporaryFolder folder;
  const std::string path = folder.path("a.bin");
  const std::string text("a\0b\n", 4);
  std::ofstream(path, std::ios::binary) << text;
  const auto object = read_file_object(path, 4);
  ASSERT_TRUE(object);
  EXPECT_EQ(as_text((*object)->bytes()), text);
}

TEST(FileObject, MissingFileIsToldWithItsPath) {
  test::TemporaryFolder folder;
  const auto object = read_file_object(folder.path("none.jpg"), 10);
  ASSERT_FALSE(object);
  EXPECT_THAT(object.error().message, HasSubstr(folder.path("none.jpg")));
}

TEST(FileObject, FolderIsNoObject) {
  test::TemporaryFolder folder;
  const auto object = read_file_object(folder.path(""), 10);
  ASSERT_FALSE(object);
  EXPECT_THAT(object.error().message, HasSubstr("folder"));
}

TEST(FileObject, FileAboveTheLimitIsToldWithTheLimit) {
  test::TemporaryFolder folder;
  const std::string path = folder.path("big.bin");
  std::ofstream(path) << "12345";
  const auto object = read_file_object(path, 4);
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code, ErrorCode::kResourceExhausted);
  EXPECT_THAT(object.error().message, HasSubstr("4 bytes"));
}

TEST(FileObject, EndlessFileIsRefused) {
  EXPECT_FALSE(read_file_object("/dev/zero", 100));
}

}  // namespace
}  // namespace sallyport::cli
