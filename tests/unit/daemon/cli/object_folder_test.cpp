#include "daemon/cli/object_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/temporary_folder.h"

namespace sallyport::cli {
namespace {

class TextObject : public ObjectBytes {
 public:
  explicit TextObject(std::string text) : text_(std::move(text)) {}
  Bytes bytes() const override { return as_byte_span(text_); }
  int memfd() const override { return -1; }

 private:
  std::string text_;
};

Transfer transfer_of(const std::string& name, std::uint64_t size) {
  Transfer transfer;
  transfer.facts.protocol = Protocol::kHttp1;
  transfer.facts.file_name = name;
  transfer.facts.host = "drop.example";
  transfer.facts.path = "/up";
  transfer.size = size;
  transfer.complete = true;
  transfer.sha256 = Sha256::of(as_byte_span("photo"));
  transfer.content = ContentType::kJpeg;
  return transfer;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<nlohmann::json> index_of_folder(const std::string& folder) {
  std::ifstream file(folder + "/index.jsonl");
  std::vector<nlohmann::json> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(nlohmann::json::parse(line));
  return lines;
}

class Folder : public testing::Test {
 protected:
  Folder() : objects(std::move(*ObjectFolder::open(path))) { objects.set_source("a.pcap"); }

  test::TemporaryFolder temporary;
  const std::string path = temporary.path("out/deep");
  ObjectFolder objects;
};

TEST_F(Folder, WritesTheObjectForItsOwnerAloneAndALineOfIndex) {
  objects.on_end(transfer_of("lane.jpg", 5), std::make_shared<TextObject>("photo"));
  EXPECT_EQ(content_of(path + "/000001-lane.jpg"), "photo");
  struct stat status {};
  ASSERT_EQ(::stat((path + "/000001-lane.jpg").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  const auto lines = index_of_folder(path);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["pcap"], "a.pcap");
  EXPECT_EQ(lines[0]["file"], "000001-lane.jpg");
  EXPECT_EQ(lines[0]["sha256"], to_hex(Sha256::of(as_byte_span("photo"))));
  EXPECT_EQ(lines[0]["content"], "jpeg");
  EXPECT_EQ(lines[0]["host"], "drop.example");
  EXPECT_EQ(lines[0]["complete"], true);
  EXPECT_EQ(objects.objects(), 1U);
  EXPECT_TRUE(objects.status());
}

TEST_F(Folder, HostileNameStaysInsideTheFolder) {
  objects.on_end(transfer_of("../../../escape", 5), std::make_shared<TextObject>("photo"));
  EXPECT_TRUE(std::filesystem::exists(path + "/000001-escape"));
  EXPECT_FALSE(std::filesystem::exists(temporary.path("escape")));
}

TEST_F(Folder, ObjectWithoutBytesHasALineThatSaysWhy) {
  Transfer transfer = transfer_of("lost.jpg", 900);
  transfer.complete = false;
  transfer.sha256.reset();
  transfer.not_inspected = NotInspected::kGap;
  transfer.account.missing_bytes = 30;
  objects.on_end(transfer, nullptr);
  const auto lines = index_of_folder(path);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_TRUE(lines[0]["sha256"].is_null());
  EXPECT_FALSE(lines[0].contains("file"));
  EXPECT_EQ(lines[0]["not_inspected"], "gap");
  EXPECT_EQ(lines[0]["missing_bytes"], 30);
}

TEST_F(Folder, EmptyObjectLeavesNothing) {
  objects.on_end(transfer_of("empty", 0), nullptr);
  EXPECT_EQ(objects.objects(), 0U);
  EXPECT_TRUE(index_of_folder(path).empty());
}

TEST_F(Folder, NameThatIsNoUtf8StillMakesALine) {
  objects.on_end(transfer_of("a\xff\xfe.jpg", 5), std::make_shared<TextObject>("photo"));
  EXPECT_EQ(index_of_folder(path).size(), 1U);
}

TEST_F(Folder, ObjectThatCannotBeWrittenIsToldWithItsPath) {
  std::filesystem::create_directory(path + "/000001-lane.jpg");
  objects.on_end(transfer_of("lane.jpg", 5), std::make_shared<TextObject>("photo"));
  ASSERT_FALSE(objects.status());
  EXPECT_THAT(objects.status().error().message, testing::HasSubstr("000001-lane.jpg"));
}

TEST_F(Folder, WantsBytesButNotOfWhatIsEncrypted) {
  Transfer transfer = transfer_of("x", 1);
  EXPECT_EQ(objects.on_begin(transfer), Interest::kContent);
  transfer.facts.opaque = NotInspected::kEncrypted;
  EXPECT_EQ(objects.on_begin(transfer), Interest::kAccount);
}

TEST(ObjectFolder, FolderThatCannotBeMadeIsToldWithItsPath) {
  const auto opened = ObjectFolder::open("/dev/null/out");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message, testing::HasSubstr("/dev/null/out"));
}

TEST(SafeFileName, KeepsPlainNames) {
  EXPECT_EQ(safe_file_name("lane-4_b.jpg"), "lane-4_b.jpg");
}

TEST(SafeFileName, TakesTheLastPartOfAPath) {
  EXPECT_EQ(safe_file_name("/etc/passwd"), "passwd");
  EXPECT_EQ(safe_file_name("..\\..\\boot.ini"), "boot.ini");
  EXPECT_EQ(safe_file_name("a/b\\c"), "c");
}

TEST(SafeFileName, NoNameMeansAPlaceOfItsOwn) {
  EXPECT_EQ(safe_file_name(""), "_");
  EXPECT_EQ(safe_file_name("a/"), "_");
  EXPECT_EQ(safe_file_name(".."), "_..");
  EXPECT_EQ(safe_file_name("x/.bashrc"), "_.bashrc");
}

TEST(SafeFileName, ReplacesControlCharactersAndWhatShellsRead) {
  EXPECT_EQ(safe_file_name(std::string("a\0b\n\x1b[c d\x7f", 10)), "a_b__[c_d_");
  EXPECT_EQ(safe_file_name("a?b*c:d"), "a_b_c_d");
  EXPECT_EQ(safe_file_name("\xc3\xa9"), "__");
}

TEST(SafeFileName, IsBounded) {
  EXPECT_LE(safe_file_name(std::string(10000, 'n')).size(), 200U);
}

}  // namespace
}  // namespace sallyport::cli
