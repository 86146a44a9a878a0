// Drawn pictures, registered and asked about again in altered form: from pixels to the match.
#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "daemon/classify/fingerprint_sets.h"
#include "daemon/worker/image_inspector.h"
#include "tests/unit/daemon/worker/drawn_picture.h"

namespace sallyport {
namespace {

constexpr int kPictures = 8;

/// Many small shapes, as a street has; another seed, another street.
cv::Mat draw_street(std::uint64_t seed) {
  cv::Mat picture = draw_picture(900, 600, seed);
  cv::RNG random(seed * 7919);
  for (int i = 0; i < 500; ++i) {
    const cv::Scalar colour(random.uniform(0, 256), random.uniform(0, 256), random.uniform(0, 256));
    const cv::Rect place(random.uniform(0, 890), random.uniform(0, 590), random.uniform(4, 70), random.uniform(4, 50));
    cv::rectangle(picture, place & cv::Rect(0, 0, 900, 600), colour, cv::FILLED);
  }
  return picture;
}

/// Something of a vehicle's size that is drawn alike every time but for what is on it.
void park(cv::Mat& street, std::uint64_t vehicle) {
  const cv::Rect place(280, 200, 360, 270);
  const cv::Mat other = draw_street(vehicle);
  other(place).copyTo(street(place));
}

/// In two rows of panels, each of its own shade, with lamps and lettering on them.
void park_small(cv::Mat& street, std::uint64_t vehicle) {
  cv::Mat body = street(cv::Rect(340, 220, 220, 180));
  cv::RNG random(vehicle * 104729);
  const auto shade = [&random] { return cv::Scalar::all(random.uniform(0, 256)); };
  for (int panel = 0; panel < 8; ++panel)
    cv::rectangle(body, cv::Rect(panel % 4 * 55, panel / 4 * 90, 55, 90), shade(), cv::FILLED);
  for (int i = 0; i < 60; ++i) {
    const cv::Rect part(random.uniform(0, 205), random.uniform(0, 170), random.uniform(4, 24), random.uniform(4, 14));
    cv::rectangle(body, part & cv::Rect(0, 0, 220, 180), shade(), cv::FILLED);
  }
}

/// What a worker would say of it.
ImageFindings seen(const cv::Mat& picture) {
  constexpr FindingSet kWanted = bit(FindingKind::kFingerprint) | bit(FindingKind::kLocalFeatures);
  return ImageInspector(nullptr, nullptr).inspect_pixels(picture, {kWanted, 1 << 26});
}

Fingerprint registered(const cv::Mat& picture, const std::string& name) {
  const ImageFindings findings = seen(picture);
  return {Sha256::of(as_byte_span(name)), findings.pdq, findings.pdq_quality, name,
          parts_to_keep(*findings.local_features)};
}

class NearCopies : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::vector<Fingerprint> all;
    for (int i = 0; i < kPictures; ++i) all.push_back(registered(draw_street(i + 1), std::to_string(i)));
    sets_ = new FingerprintSets;
    sets_->add("streets", FingerprintIndex::of(std::move(all)), {31, true});
  }
  static void TearDownTestSuite() { delete sets_; }

  static std::vector<FingerprintMatch> match(const cv::Mat& picture) {
    return sets_->match(Sha256::of(as_byte_span("asked")), seen(picture));
  }
  /// How many are taken for what they are, and none for another.
  template <class Alter>
  static int recognised(const Alter& alter) {
    int right = 0;
    for (int i = 0; i < kPictures; ++i) {
      const auto matches = match(alter(draw_street(i + 1)));
      if (matches.empty()) continue;
      EXPECT_EQ(matches[0].item, std::to_string(i));
      ++right;
    }
    return right;
  }

  static FingerprintSets* sets_;
};
FingerprintSets* NearCopies::sets_ = nullptr;

TEST_F(NearCopies, CropsAreRecognised) {
  EXPECT_EQ(recognised([](const cv::Mat& picture) { return picture(cv::Rect(100, 60, 636, 424)).clone(); }), kPictures);
  EXPECT_EQ(recognised([](const cv::Mat& picture) { return picture(cv::Rect(0, 0, 450, 600)).clone(); }), kPictures);
  EXPECT_EQ(recognised([](const cv::Mat& picture) { return picture(cv::Rect(200, 150, 450, 300)).clone(); }),
            kPictures);
}

TEST_F(NearCopies, FramesBannersAndTurnsAreRecognised) {
  EXPECT_EQ(recognised([](const cv::Mat& picture) {
              cv::Mat framed;
              cv::copyMakeBorder(picture, framed, 130, 130, 130, 130, cv::BORDER_CONSTANT, cv::Scalar(255, 255, 255));
              return framed;
            }),
            kPictures);
  EXPECT_EQ(recognised([](cv::Mat picture) {
              cv::rectangle(picture, cv::Rect(0, 510, 900, 90), cv::Scalar(20, 20, 120), cv::FILLED);
              return picture;
            }),
            kPictures);
  EXPECT_EQ(recognised([](const cv::Mat& picture) {
              cv::Mat turned;
              cv::warpAffine(picture, turned, cv::getRotationMatrix2D({450, 300}, 5, 1), picture.size());
              return turned;
            }),
            kPictures);
}

TEST_F(NearCopies, LettersAcrossThePictureHideNothing) {
  EXPECT_EQ(recognised([](cv::Mat picture) {
              for (const int y : {150, 300, 450})
                cv::putText(picture, "CONFIDENTIAL", {75, y}, 0, 2.7, cv::Scalar(255, 255, 255), 7);
              return picture;
            }),
            kPictures);
}

TEST_F(NearCopies, AScreenshotSaysHowMuchIsShown) {
  cv::Mat screen(1080, 1920, CV_8UC3, cv::Scalar(230, 230, 230));
  draw_street(3).copyTo(screen(cv::Rect(700, 200, 900, 600)));
  const auto matches = match(screen);
  ASSERT_EQ(matches.size(), 1U);
  EXPECT_EQ(matches[0].item, "2");
  EXPECT_TRUE(matches[0].by_parts());
  EXPECT_GE(matches[0].covered_percent, 95);
}

TEST_F(NearCopies, TurnedAndMirroredPicturesSayHow) {
  const auto form_after = [](const auto& alter) {
    const auto matches = match(alter(draw_street(2)));
    return matches.empty() ? "nothing" : std::string(to_string(matches[0].form));
  };
  const auto turned = [&](int how) {
    return form_after([how](const cv::Mat& picture) {
      cv::Mat other;
      cv::rotate(picture, other, how);
      return other;
    });
  };
  const auto flipped = [&](int how) {
    return form_after([how](const cv::Mat& picture) {
      cv::Mat other;
      cv::flip(picture, other, how);
      return other;
    });
  };
  EXPECT_EQ(turned(cv::ROTATE_90_COUNTERCLOCKWISE), "turned_left");
  EXPECT_EQ(turned(cv::ROTATE_90_CLOCKWISE), "turned_right");
  EXPECT_EQ(turned(cv::ROTATE_180), "turned_180");
  EXPECT_EQ(flipped(1), "mirrored");
  EXPECT_EQ(flipped(0), "flipped");
}

TEST_F(NearCopies, UnrelatedPicturesDoNotMatch) {
  for (std::uint64_t seed = 101; seed < 121; ++seed) EXPECT_TRUE(match(draw_street(seed)).empty()) << seed;
}

TEST(SameCamera, AnotherVehicleIsNoCopy) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    cv::Mat before = draw_street(seed), after = draw_street(seed);
    park(before, 200 + seed);
    park(after, 300 + seed);
    FingerprintSets sets;
    sets.add("camera", FingerprintIndex::of({registered(before, "before")}), {31, true});
    EXPECT_TRUE(sets.match(Sha256Digest{}, seen(after)).empty()) << seed;
    EXPECT_FALSE(sets.match(Sha256Digest{}, seen(before)).empty()) << seed;
    cv::Mat crop = before(cv::Rect(150, 100, 640, 430)).clone();
    EXPECT_FALSE(sets.match(Sha256Digest{}, seen(crop)).empty()) << seed;
  }
}

// As wholes the pictures are near by PDQ, which sees the street. A vehicle this small is not always told from another.
TEST(SameCamera, AnotherSmallVehicleIsNoCopy) {
  constexpr int kDistanceMax = 70;
  int near = 0, told_apart = 0;
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    cv::Mat before = draw_street(seed), after = draw_street(seed);
    park_small(before, 200 + seed);
    park_small(after, 300 + seed);
    FingerprintSets parts, whole;
    parts.add("camera", FingerprintIndex::of({registered(before, "before")}), {kDistanceMax, true});
    whole.add("camera", FingerprintIndex::of({registered(before, "before")}), {kDistanceMax, false});
    near += whole.match(Sha256Digest{}, seen(after)).empty() ? 0 : 1;
    told_apart += parts.match(Sha256Digest{}, seen(after)).empty() ? 1 : 0;
    EXPECT_FALSE(parts.match(Sha256Digest{}, seen(before)).empty()) << seed;
  }
  EXPECT_EQ(near, 6);
  EXPECT_GE(told_apart, 5);
}

// Two scenes that have a thing in common, and nothing around it, are two scenes.
TEST(SameThing, ElsewhereIsNoCopy) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    cv::Mat here(600, 900, CV_8UC3), there(600, 900, CV_8UC3);
    for (int y = 0; y < 600; ++y) {
      here.row(y).setTo(cv::Scalar::all(60 + y / 5));
      for (int x = 0; x < 900; ++x) there.at<cv::Vec3b>(y, x) = cv::Vec3b::all(static_cast<std::uint8_t>(60 + x / 8));
    }
    park(here, 400 + seed);
    park(there, 400 + seed);
    FingerprintSets sets;
    sets.add("things", FingerprintIndex::of({registered(here, "here")}), {31, true});
    ImageFindings asked = seen(there);
    asked.pdq.reset();  // which sees little but the thing
    EXPECT_TRUE(sets.match(Sha256Digest{}, asked).empty()) << seed;
  }
}

}  // namespace
}  // namespace sallyport
