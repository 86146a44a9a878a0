// Archives, one in the other, broken, hostile and too large.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/daemon/worker/unpack/recording_sinks.h"

namespace sallyport::test {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using std::string_view_literals::operator""sv;

struct Named {
  const char* name;
  ArchiveKind kind;
  const char* path;
};

class EveryFormat : public ::testing::TestWithParam<Named> {};

TEST_P(EveryFormat, GivesTheImageByteForByte) {
  const ByteBuffer image = photo();
  const ByteBuffer file = archive_of(GetParam().kind, {{"notes.txt", bytes_of("nothing")}, {"a.jpg", image}});
  const Unpacked found = unpack(file);
  EXPECT_THAT(found.lines, ElementsAre(line_of(GetParam().path, image)));
  ASSERT_EQ(found.images.size(), 1U);
  EXPECT_EQ(found.images[0], image);
  EXPECT_EQ(found.evasions, 0U);
  EXPECT_FALSE(found.spent);
  unpack_cut_everywhere(file);
}

INSTANTIATE_TEST_SUITE_P(
    Formats, EveryFormat,
    ::testing::Values(
        Named{"zip", {::archive_write_set_format_zip}, "zip:a.jpg"},
        Named{"stored_zip",
              {::archive_write_set_format_zip, ::archive_write_add_filter_none, "zip:compression=store"},
              "zip:a.jpg"},
        Named{"zip64", {::archive_write_set_format_zip, ::archive_write_add_filter_none, "zip:zip64"}, "zip:a.jpg"},
        Named{"tar", {::archive_write_set_format_pax_restricted}, "tar:a.jpg"},
        Named{"old_tar", {::archive_write_set_format_v7tar}, "tar:a.jpg"},
        Named{"tar_gz", {::archive_write_set_format_ustar, ::archive_write_add_filter_gzip}, "gzip/tar:a.jpg"},
        Named{"tar_bz2", {::archive_write_set_format_ustar, ::archive_write_add_filter_bzip2}, "bzip2/tar:a.jpg"},
        Named{"tar_xz", {::archive_write_set_format_ustar, ::archive_write_add_filter_xz}, "xz/tar:a.jpg"},
        Named{"tar_zst", {::archive_write_set_format_ustar, ::archive_write_add_filter_zstd}, "zstd/tar:a.jpg"},
        Named{"tar_lz4", {::archive_write_set_format_ustar, ::archive_write_add_filter_lz4}, "lz4/tar:a.jpg"},
        Named{"seven_zip", {::archive_write_set_format_7zip}, "seven_zip:a.jpg"},
        Named{"cpio", {::archive_write_set_format_cpio_newc}, "cpio:a.jpg"}),
    [](const auto& test) { return test.param.name; });

TEST(Archives, IsoImage) {
  const ByteBuffer image = photo();
  const Unpacked found = unpack(archive_of({::archive_write_set_format_iso9660}, {{"a.jpg", image}}));
  ASSERT_THAT(found.images, ElementsAre(image));
  EXPECT_TRUE(found.lines[0].starts_with("iso:")) << found.lines[0];
}

TEST(Archives, ABareCompressedStreamIsItsContent) {
  const ByteBuffer image = photo();
  const Unpacked found =
      unpack(archive_of({::archive_write_set_format_raw, ::archive_write_add_filter_gzip}, {{"a.jpg", image}}));
  EXPECT_THAT(found.lines, ElementsAre(line_of("gzip", image)));
}

TEST(Archives, NestedOnesGiveTheirWholePath) {
  const ByteBuffer image = photo();
  const ByteBuffer inner = zip_of({{"b.jpg", image}});
  const ByteBuffer outer =
      archive_of({::archive_write_set_format_ustar, ::archive_write_add_filter_gzip}, {{"a.zip", inner}});
  EXPECT_THAT(unpack(outer).lines, ElementsAre(line_of("gzip/tar:a.zip/zip:b.jpg", image)));
}

TEST(Archives, DepthIsBoundedAndTold) {
  ByteBuffer file = zip_of({{"deep.jpg", photo()}});
  for (int i = 0; i < limits::kContainerDepthMax; ++i) file = zip_of({{"z", file}});
  const Unpacked found = unpack(file);
  ASSERT_EQ(found.lines.size(), 1U);
  EXPECT_TRUE(found.lines[0].ends_with("!container_limit")) << found.lines[0];
}

TEST(Archives, ABombEndsWithinTheBudget) {
  const ByteBuffer zeros(std::size_t{40} << 20);
  const ByteBuffer image = photo();
  const Unpacked found = unpack(zip_of({{"a.jpg", image}, {"1", zeros}, {"2", zeros}, {"3", zeros}}));
  EXPECT_THAT(found.lines, Contains(line_of("zip:a.jpg", image)));
  EXPECT_EQ(found.spent, NotInspected::kExpansionLimit);
}

TEST(Archives, AMemberThatIsTooLargeIsToldAndTheNextIsRead) {
  const ByteBuffer image = photo();
  const ByteBuffer large(limits::kMemberBytesMax + 1);
  ByteBuffer padding(std::size_t{2} << 20);  // incompressible enough for the ratio
  std::uint32_t state = 1;
  for (std::byte& byte : padding) byte = static_cast<std::byte>((state = state * 1664525U + 1013904223U) >> 24);
  const Unpacked found = unpack(zip_of({{"p", padding}, {"large", large}, {"a.jpg", image}}));
  EXPECT_THAT(found.lines, ElementsAre("zip:large !container_limit", line_of("zip:a.jpg", image)));
}

TEST(Archives, TimeOverEndsItBesideWhatWasFound) {
  const ByteBuffer image = photo();
  bool late = false;
  RecordingParts parts;
  class Late : public PartSink {
   public:
    Late(RecordingParts& parts, bool& late) : parts_(parts), late_(late) {}
    void image(const std::string& path, Bytes bytes) override {
      parts_.image(path, bytes);
      late_ = true;
    }
    void bitmap(const std::string&, const RawBitmap&) override {}
    void not_inspected(const std::string&, NotInspected, ContentType) override {}

   private:
    RecordingParts& parts_;
    bool& late_;
  } sink(parts, late);
  const ByteBuffer file = zip_of({{"a.jpg", image}, {"b.jpg", image}});
  UnpackBudget budget(file.size(), [&late] { return late; });
  Unpacker(budget, sink).unpack(file);
  EXPECT_THAT(parts.lines, ElementsAre(line_of("zip:a.jpg", image)));
  EXPECT_EQ(budget.spent(), NotInspected::kDeadline);
}

TEST(Archives, EncryptedMembersAreNotInspected) {
  const ArchiveKind kind{::archive_write_set_format_zip, ::archive_write_add_filter_none, "zip:encryption=zipcrypt",
                         "secret"};
  EXPECT_THAT(unpack(archive_of(kind, {{"a.jpg", photo()}})).lines, ElementsAre("zip:a.jpg !encrypted_archive"));
}

TEST(Archives, NamesAreDataAndAreCleaned) {
  const ByteBuffer image = photo();
  const Unpacked found = unpack(zip_of({{"../../etc/\x1b[2J\\pass:wd\xff.jpg", image}}));
  EXPECT_THAT(found.lines, ElementsAre(line_of("zip:../../etc/_[2J/pass_wd_.jpg", image)));
}

// --- ZIP files whose tables lie

std::size_t find_in(const ByteBuffer& file, std::string_view text, std::size_t from = 0) {
  return as_text(file).find(text, from);
}

TEST(ZipReadings, GarbageBeforeAndBehind) {
  const ByteBuffer image = photo();
  const ByteBuffer zip = zip_of({{"a.jpg", image}});
  ByteBuffer file = bytes_of("#!/bin/sh\nexit\n");
  append(file, zip);
  append(file, bytes_of("behind"));
  const Unpacked found = unpack(file);
  EXPECT_THAT(found.lines, ElementsAre(line_of("zip:a.jpg", image)));
  EXPECT_EQ(found.evasions, 0U);
}

TEST(ZipReadings, AMemberThatNoDirectoryNamesIsFoundAndFlagged) {
  const ByteBuffer shown = photo(1);
  const ByteBuffer hidden = photo(2);
  const ByteBuffer secret = zip_of({{"hidden.jpg", hidden}}, "zip:compression=store");
  ByteBuffer file(secret.begin(), secret.begin() + static_cast<std::ptrdiff_t>(find_in(secret, "PK\1\2"sv)));
  append(file, zip_of({{"shown.jpg", shown}}));
  const Unpacked found = unpack(file);
  EXPECT_THAT(found.images, ::testing::UnorderedElementsAre(shown, hidden));
  EXPECT_EQ(found.evasions, bit(Evasion::kContainerFraming));
}

TEST(ZipReadings, ANameThatDiffersIsFlagged) {
  const ByteBuffer image = photo();
  ByteBuffer file = zip_of({{"a.jpg", image}});
  file[find_in(file, "a.jpg", find_in(file, "PK\1\2"sv))] = std::byte{'b'};
  const Unpacked found = unpack(file);
  EXPECT_THAT(found.lines, ElementsAre(line_of("zip:b.jpg", image)));
  EXPECT_EQ(found.evasions, bit(Evasion::kContainerFraming));
}

TEST(ZipReadings, AMethodThatDiffersGivesBothReadings) {
  ByteBuffer file = zip_of({{"a.jpg", photo()}}, "zip:compression=store");
  file[find_in(file, "PK\1\2"sv) + 10] = std::byte{8};
  const Unpacked found = unpack(file);
  EXPECT_THAT(found.images, Contains(photo()));
  EXPECT_EQ(found.evasions, bit(Evasion::kContainerFraming));
}

TEST(ZipReadings, AWrongChecksumIsTold) {
  const ByteBuffer image = photo();
  ByteBuffer file = zip_of({{"a.jpg", image}}, "zip:compression=store");
  const std::size_t data = find_in(file, "\xFF\xD8\xFF"sv);
  file[data + image.size() - 3] ^= std::byte{1};
  EXPECT_THAT(unpack(file).lines, ElementsAre("zip:a.jpg !decode_error", line_of("zip:a.jpg", image)));
}

}  // namespace
}  // namespace sallyport::test
