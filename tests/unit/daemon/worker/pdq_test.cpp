#include "daemon/worker/pdq.h"

#include <gtest/gtest.h>

#include <bit>

#include "tests/unit/daemon/worker/drawn_picture.h"

namespace sallyport {
namespace {

constexpr int kNearMax = 31;  // bits: the distance up to which the authors call two pictures the same

int distance(const PdqHash& a, const PdqHash& b) {
  int bits = 0;
  for (std::size_t i = 0; i < a.size(); ++i) bits += std::popcount(static_cast<unsigned>(a[i] ^ b[i]));
  return bits;
}

int ones(const PdqHash& hash) {
  return distance(hash, PdqHash{});
}

cv::Mat reencoded(const cv::Mat& picture, int quality) {
  const ByteBuffer file = encode(picture, ".jpg", {cv::IMWRITE_JPEG_QUALITY, quality});
  const cv::Mat bytes(1, static_cast<int>(file.size()), CV_8UC1, const_cast<std::byte*>(file.data()));
  return cv::imdecode(bytes, cv::IMREAD_COLOR);
}

cv::Mat resized(const cv::Mat& picture, double scale) {
  cv::Mat other;
  cv::resize(picture, other, cv::Size(), scale, scale, cv::INTER_AREA);
  return other;
}

TEST(Pdq, CopiesStayNear) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const cv::Mat picture = draw_picture(900, 600, seed);
    const PdqHash hash = pdq(picture).hash;
    EXPECT_LE(distance(hash, pdq(reencoded(picture, 40)).hash), kNearMax) << seed;
    EXPECT_LE(distance(hash, pdq(resized(picture, 0.3)).hash), kNearMax) << seed;
    EXPECT_LE(distance(hash, pdq(resized(picture, 2)).hash), kNearMax) << seed;
    cv::Mat grey;
    cv::cvtColor(picture, grey, cv::COLOR_BGR2GRAY);
    cv::cvtColor(grey, grey, cv::COLOR_GRAY2BGR);
    EXPECT_LE(distance(hash, pdq(grey).hash), kNearMax) << seed;
  }
}

TEST(Pdq, DifferentPicturesAreFarApart) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    cv::Mat noise(300, 400, CV_8UC3), other(300, 400, CV_8UC3);
    cv::RNG random(seed);
    random.fill(noise, cv::RNG::UNIFORM, 0, 256);
    random.fill(other, cv::RNG::UNIFORM, 0, 256);
    EXPECT_GT(distance(pdq(noise).hash, pdq(other).hash), 80) << seed;
    EXPECT_GT(distance(pdq(draw_picture(400, 300, seed)).hash, pdq(draw_picture(400, 300, seed + 100)).hash), kNearMax)
        << seed;
  }
}

TEST(Pdq, HalfOfTheBitsAreSet) {
  const int set = ones(pdq(draw_picture(640, 480, 3)).hash);
  EXPECT_GE(set, 120);
  EXPECT_LE(set, 136);
}

// Mirroring negates every second cosine across, so those bits turn over while the others stay; bit k is row k/16,
// column k%16.
TEST(Pdq, MirroringTurnsEverySecondColumn) {
  const cv::Mat picture = draw_picture(512, 512, 7);
  cv::Mat mirrored;
  cv::flip(picture, mirrored, 1);
  const PdqHash hash = pdq(picture).hash, other = pdq(mirrored).hash;
  int wrong = 0;
  for (std::size_t k = 0; k < 256; ++k) {
    const auto bit_of = [k](const PdqHash& h) { return (h[31 - k / 8] >> (k % 8)) & 1; };
    const bool turned = bit_of(hash) != bit_of(other);
    wrong += turned != (k % 2 == 0);
  }
  EXPECT_LE(wrong, 32) << "of 256; hashes that have nothing to do with each other: about 128";
}

cv::Mat remade(const cv::Mat& picture, PictureForm form) {
  cv::Mat other;
  switch (form) {
    case PictureForm::kUpright:
      return picture;
    case PictureForm::kMirrored:
      cv::flip(picture, other, 1);
      break;
    case PictureForm::kFlipped:
      cv::flip(picture, other, 0);
      break;
    case PictureForm::kTurned180:
      cv::rotate(picture, other, cv::ROTATE_180);
      break;
    case PictureForm::kTransposed:
      cv::transpose(picture, other);
      break;
    case PictureForm::kTurnedLeft:
      cv::rotate(picture, other, cv::ROTATE_90_COUNTERCLOCKWISE);
      break;
    case PictureForm::kTurnedRight:
      cv::rotate(picture, other, cv::ROTATE_90_CLOCKWISE);
      break;
    case PictureForm::kTransversed:
      cv::transpose(picture, other), cv::flip(other, other, -1);
      break;
  }
  return other;
}

// While the forms were told from the signs of one spectrum, half turns of photos were up to 68 bits off.
TEST(Pdq, FormsAreAsNearAsTheOriginal) {
  for (const cv::Size size : {cv::Size(512, 384), cv::Size(511, 300), cv::Size(384, 512), cv::Size(250, 250)}) {
    const cv::Mat picture = draw_picture(size.width, size.height, 11);
    for (int form = 1; form < static_cast<int>(kPictureForms); ++form) {
      const cv::Mat copy = remade(picture, static_cast<PictureForm>(form));
      const PdqHash undone = pdq(copy).forms[static_cast<std::size_t>(form - 1)];
      EXPECT_LE(distance(undone, pdq(picture).hash), 2) << size.width << "x" << size.height << ", form " << form;
    }
  }
}

TEST(Pdq, QualityTellsFlatFromRich) {
  EXPECT_EQ(pdq(cv::Mat(300, 300, CV_8UC3, cv::Scalar(9, 99, 199))).quality, 0);
  cv::Mat noise(64, 64, CV_8UC3);
  cv::RNG(5).fill(noise, cv::RNG::UNIFORM, 0, 256);
  EXPECT_EQ(pdq(noise).quality, 100);
}

TEST(Pdq, AnyShape) {
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(1, 3000), cv::Size(5000, 2), cv::Size(63, 65)}) {
    EXPECT_NO_FATAL_FAILURE(pdq(cv::Mat(size, CV_8UC3, cv::Scalar(1, 2, 3)))) << size.width;
  }
}

}  // namespace
}  // namespace sallyport
