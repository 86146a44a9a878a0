#include "daemon/classify/fingerprint_index.h"

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

TEST_F(FingerprintFile, RoundTrip) {
  ASSERT_TRUE(FingerprintIndex::of({fingerprint("a.jpg", 0x0f), fingerprint("b.jpg", 0xf0)}).save(path()));
  const auto loaded = FingerprintIndex::load(path());
  ASSERT_TRUE(loaded) << loaded.error().message;
  ASSERT_EQ(loaded->all().size(), 2U);
  const Fingerprint* found = loaded->find(Sha256::of(as_byte_span("b.jpg")));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name, "b.jpg");
  EXPECT_EQ(found->pdq->front(), 0xf0);
  EXPECT_EQ(loaded->find(Sha256::of(as_byte_span("c.jpg"))), nullptr);
}

TEST_F(FingerprintFile, EveryCutAndEveryChangedByteIsRefused) {
  ASSERT_TRUE(FingerprintIndex::of({fingerprint("a.jpg", 1)}).save(path()));
  std::ifstream in(path(), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::ofstream(path(), std::ios::binary) << whole.substr(0, i);
    EXPECT_FALSE(FingerprintIndex::load(path())) << "cut at " << i;
    if (i >= 12 && i < 16) continue;  // reserved, not read
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
  int distance = 0;
  const Fingerprint* near = index.nearest(hash, 100, 3, distance);
  ASSERT_NE(near, nullptr);
  EXPECT_EQ(near->name, "zeros");
  EXPECT_EQ(distance, 3);
  EXPECT_EQ(index.nearest(hash, 100, 2, distance), nullptr);
  EXPECT_EQ(index.nearest(hash, kPdqQualityMin - 1, 3, distance), nullptr) << "a flat picture matches nothing";
}

TEST(FingerprintIndex, SameImageTwiceKeepsTheLastName) {
  Fingerprint again = fingerprint("a", 1);
  again.name = "renamed";
  const FingerprintIndex index = FingerprintIndex::of({fingerprint("a", 1), again});
  ASSERT_EQ(index.all().size(), 1U);
  EXPECT_EQ(index.all()[0].name, "renamed");
}

TEST(FingerprintSets, OneMatchPerSetExactBeforeNear) {
  FingerprintSets sets;
  sets.add("lanes", FingerprintIndex::of({fingerprint("photo", 0x00)}), 31);
  sets.add("other", FingerprintIndex::of({fingerprint("else", 0x01)}), 31);
  Findings findings;
  findings.pdq.emplace();
  findings.pdq_quality = 100;
  const auto matches = sets.match(Sha256::of(as_byte_span("photo")), findings);
  ASSERT_EQ(matches.size(), 1U) << "32 bytes of 0x01 are 32 bits away: one too many";
  EXPECT_TRUE(matches[0].exact);
  EXPECT_EQ(matches[0].set, "lanes");
}

}  // namespace
}  // namespace sallyport
