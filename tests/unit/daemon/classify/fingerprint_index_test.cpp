#include "daemon/classify/fingerprint_sets.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace sallyport {
namespace {

class FingerprintFile : public ::testing::Test {
 protected:
  FingerprintFile()
      : folder_(std::filesystem::temp_directory_path() / ("sallyport-spf-" + std::to_string(::getpid()))) {
    std::filesystem::create_directory(folder_);
  }
  ~FingerprintFile() override { std::filesystem::remove_all(folder_); }
  std::string path() const { return folder_ / "set.spf"; }

 private:
  std::filesystem::path folder_;
};

Fingerprint fingerprint(const std::string& name, std::uint8_t fill, int quality = 100) {
  Fingerprint item;
  item.sha256 = Sha256::of(as_byte_span(name));
  item.pdq.emplace();
  item.pdq->fill(fill);
  item.pdq_quality = quality;
  item.name = name;
  return item;
}

/// Points that no picture has, but a file holds like others.
Fingerprint with_parts(const std::string& name, std::size_t count) {
  Fingerprint item = fingerprint(name, 0x0f);
  auto points = std::make_shared<std::vector<LocalFeature>>(count);
  for (std::size_t i = 0; i < count; ++i) {
    (*points)[i].level = 3;
    (*points)[i].bits.fill(static_cast<std::uint8_t>(i));
  }
  item.parts.emplace();
  item.parts->points = *points;
  item.parts->holder = std::move(points);
  item.parts->width = item.parts->height = 96;
  return item;
}

TEST_F(FingerprintFile, RoundTrip) {
  ASSERT_TRUE(FingerprintIndex::of({fingerprint("a.jpg", 0x0f), fingerprint("b.jpg", 0xf0)}).save(path()));
  const auto loaded = FingerprintIndex::load(path());
  ASSERT_TRUE(loaded) << loaded.error().message;
  ASSERT_EQ(loaded->size(), 2U);
  const auto found = loaded->find(Sha256::of(as_byte_span("b.jpg")));
  ASSERT_TRUE(found);
  EXPECT_EQ(loaded->name(*found), "b.jpg");
  EXPECT_EQ(loaded->at(*found).pdq->front(), 0xf0);
  EXPECT_FALSE(loaded->find(Sha256::of(as_byte_span("c.jpg"))));
  EXPECT_EQ(loaded->file_bytes(), std::filesystem::file_size(path()));
}

TEST_F(FingerprintFile, WhoHoldsASetKeepsItWhenItIsReplaced) {
  ASSERT_TRUE(FingerprintIndex::of({fingerprint("a.jpg", 0x0f)}).save(path()));
  const auto held = FingerprintIndex::load(path());
  ASSERT_TRUE(held);
  ASSERT_TRUE(FingerprintIndex::of({fingerprint("b.jpg", 0xf0), fingerprint("c.jpg", 0xf1)}).save(path()));
  EXPECT_EQ(held->size(), 1U);
  EXPECT_TRUE(held->find(Sha256::of(as_byte_span("a.jpg"))));
  const auto next = FingerprintIndex::load(path());
  ASSERT_TRUE(next);
  EXPECT_EQ(next->size(), 2U);
}

TEST_F(FingerprintFile, PartsSurviveARewriteWithoutTheirPictures) {
  ASSERT_TRUE(FingerprintIndex::of({with_parts("a.jpg", 40)}).save(path()));
  const auto first = FingerprintIndex::load(path());
  ASSERT_TRUE(first);
  ASSERT_TRUE(FingerprintIndex::of({first->at(0), with_parts("b.jpg", 30)}).save(path()));
  const auto second = FingerprintIndex::load(path());
  ASSERT_TRUE(second) << second.error().message;
  const Fingerprint kept = second->at(*second->find(Sha256::of(as_byte_span("a.jpg"))));
  ASSERT_TRUE(kept.parts);
  EXPECT_EQ(kept.parts->points.size(), 40U);
  EXPECT_EQ(kept.parts->points[7].bits, with_parts("a.jpg", 40).parts->points[7].bits);
}

TEST_F(FingerprintFile, OtherFormatsAreNamed) {
  for (const std::string magic : {"SPFINGR1", "SPFINGR2", "SPFINGR9"}) {
    std::ofstream(path(), std::ios::binary) << magic << std::string(48, '\0');
    const auto loaded = FingerprintIndex::load(path());
    ASSERT_FALSE(loaded);
    EXPECT_NE(loaded.error().message.find("another format (" + magic), std::string::npos) << loaded.error().message;
    EXPECT_NE(loaded.error().message.find("make it anew"), std::string::npos) << loaded.error().message;
  }
}

TEST_F(FingerprintFile, EveryCutAndEveryChangedByteIsRefused) {
  ASSERT_TRUE(FingerprintIndex::of({with_parts("a.jpg", 3)}).save(path()));
  std::ifstream in(path(), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const auto is_padding = [&whole](std::size_t i) { return i >= 4096 && whole[i] == '\0'; };
  for (std::size_t i = 0; i < whole.size(); i += i < 400 ? 1 : i < 32'768 ? 211 : 900'007) {
    std::ofstream(path(), std::ios::binary) << whole.substr(0, i);
    EXPECT_FALSE(FingerprintIndex::load(path())) << "cut at " << i;
    if (is_padding(i)) continue;  // behind a section nothing is read
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 0x40);
    std::ofstream(path(), std::ios::binary) << changed;
    EXPECT_FALSE(FingerprintIndex::load(path())) << "changed at " << i;
  }
}

TEST_F(FingerprintFile, MissingFileNamesThePath) {
  const auto loaded = FingerprintIndex::load(path());
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find(path()), std::string::npos);
}

TEST(FingerprintIndex, NearestRespectsDistanceAndQuality) {
  const FingerprintIndex index = FingerprintIndex::of({fingerprint("zeros", 0x00), fingerprint("flat", 0x01, 10)});
  PdqHash hash{};
  hash[0] = 0b111;
  ImageFindings picture;
  picture.pdq = hash;
  picture.pdq_quality = 100;
  const auto near = index.nearest(picture, 3);
  ASSERT_TRUE(near);
  EXPECT_EQ(index.name(near->image), "zeros");
  EXPECT_EQ(near->distance, 3);
  EXPECT_FALSE(index.nearest(picture, 2));
  picture.pdq_quality = kPdqQualityMin - 1;
  EXPECT_FALSE(index.nearest(picture, 3)) << "a flat picture matches nothing";
}

TEST(FingerprintIndex, AFormOfThePictureCounts) {
  const FingerprintIndex index = FingerprintIndex::of({fingerprint("photo", 0x33)});
  ImageFindings picture;
  picture.pdq = PdqHash{};
  picture.pdq_quality = 100;
  picture.pdq_forms.resize(kPictureForms - 1);
  EXPECT_FALSE(index.nearest(picture, 31));
  picture.pdq_forms[4].fill(0x33);
  const auto near = index.nearest(picture, 31);
  ASSERT_TRUE(near);
  EXPECT_EQ(near->form, PictureForm::kTurnedLeft);
}

TEST(FingerprintIndex, SameImageTwiceKeepsTheLastName) {
  Fingerprint again = fingerprint("a", 1);
  again.name = "renamed";
  const FingerprintIndex index = FingerprintIndex::of({fingerprint("a", 1), again});
  ASSERT_EQ(index.size(), 1U);
  EXPECT_EQ(index.name(0), "renamed");
}

TEST(FingerprintSets, OneMatchPerSetExactBeforeNear) {
  FingerprintSets sets;
  sets.add("lanes", FingerprintIndex::of({fingerprint("photo", 0x00)}), {});
  sets.add("other", FingerprintIndex::of({fingerprint("else", 0x01)}), {});
  Findings findings;
  findings.pdq.emplace();
  findings.pdq_quality = 100;
  const auto matches = sets.match(Sha256::of(as_byte_span("photo")), findings);
  ASSERT_EQ(matches.size(), 1U) << "32 bytes of 0x01 are 32 bits away: one too many";
  EXPECT_TRUE(matches[0].exact);
  EXPECT_EQ(matches[0].set, "lanes");
}

TEST(FingerprintSets, PartsOfRecordedFindingsStay) {
  FingerprintSets sets;
  sets.add("lanes", FingerprintIndex::of({fingerprint("photo", 0x00)}), {31, true});
  sets.add("whole", FingerprintIndex::of({fingerprint("photo", 0x00)}), {31, false});
  Findings findings;
  findings.matches.push_back({"lanes", "photo", false, 0, PictureForm::kUpright, 43, 50});
  findings.matches.push_back({"whole", "photo", false, 0, PictureForm::kUpright, 43, 50});
  sets.match_all(Sha256Digest{}, findings);
  ASSERT_EQ(findings.matches.size(), 1U);
  EXPECT_EQ(findings.matches[0].set, "lanes");
  EXPECT_EQ(findings.matches[0].inliers, 43);
}

TEST(FingerprintSets, OnlySetsWithPartsAskForFeatures) {
  FingerprintSets sets;
  sets.add("whole", FingerprintIndex::of({}), {});
  EXPECT_EQ(sets.features_wanted(), 0U);
  sets.add("lanes", FingerprintIndex::of({}), {31, true});
  EXPECT_EQ(sets.features_wanted(), bit(FindingKind::kLocalFeatures));
}

}  // namespace
}  // namespace sallyport
