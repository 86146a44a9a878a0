#include "daemon/worker/camera_facts.h"

#include <gtest/gtest.h>

#include "daemon/base/limits.h"
#include "daemon/classify/standard_quantisation.h"
#include "daemon/contract/pdq.h"
#include "daemon/worker/image_inspector.h"
#include "daemon/worker/message.h"
#include "tests/support/exif.h"
#include "tests/unit/daemon/worker/drawn_picture.h"

namespace sallyport {
namespace {

using test::ExifBuilder;
using test::ExifTexts;

constexpr FindingSet kCamera = bit(FindingKind::kCamera), kFingerprint = bit(FindingKind::kFingerprint);
const ExifTexts kTexts{"Gatecam AG", "LX 4", "SN-0042"};

ByteBuffer photo(int quality = 83, int width = 320, int height = 240) {
  return encode(draw_picture(width, height), ".jpg", {cv::IMWRITE_JPEG_QUALITY, quality});
}
ByteBuffer photo_of(const ExifTexts& texts) {
  return with_jpeg_segment(photo(), 0xE1, ExifBuilder(texts).segment());
}
CameraFacts facts_of(Bytes jpeg) {
  return read_camera_facts(jpeg, ContentType::kJpeg);
}

TEST(CameraFacts, MakeModelAndSerialOfAJpeg) {
  const CameraFacts facts = facts_of(photo_of(kTexts));
  EXPECT_EQ(facts.make.text, "Gatecam AG");
  EXPECT_EQ(facts.model.text, "LX 4");
  EXPECT_EQ(facts.serial.text, "SN-0042");
  EXPECT_FALSE(facts.make.unreadable || facts.model.unreadable || facts.serial.unreadable);
}

TEST(CameraFacts, BlanksAroundATextSayNothing) {
  EXPECT_EQ(facts_of(photo_of({"NIKON   ", "  Z 6", "7"})).make.text, "NIKON");
  EXPECT_EQ(facts_of(photo_of({"NIKON   ", "  Z 6", "7"})).model.text, "Z 6");
  EXPECT_EQ(facts_of(photo_of({"NIKON   ", "  Z 6", "7"})).serial.text, "7") << "stands in its entry";
}

TEST(CameraFacts, NoExifIsNoTextAndNothingUnread) {
  const CameraFacts facts = facts_of(photo());
  EXPECT_EQ(facts.make.text + facts.model.text + facts.serial.text, "");
  EXPECT_FALSE(facts.make.unreadable || facts.model.unreadable || facts.serial.unreadable);
}

TEST(CameraFacts, WhatIsNoPrintableTextOfSixtyFourBytesIsUnreadable) {
  const CameraFacts longest = facts_of(photo_of({std::string(64, 'a'), "x", "y"}));
  EXPECT_EQ(longest.make.text.size(), 64U);
  const CameraFacts facts = facts_of(photo_of({std::string(65, 'a'), "tab\there", "SN"}));
  EXPECT_TRUE(facts.make.unreadable && facts.make.text.empty());
  EXPECT_TRUE(facts.model.unreadable && facts.model.text.empty());
  EXPECT_EQ(facts.serial.text, "SN");
}

TEST(CameraFacts, ATextOutsideOfTheBlockIsUnreadable) {
  std::string segment = ExifBuilder(kTexts).segment();
  segment.resize(segment.size() - 4);
  const CameraFacts facts = facts_of(with_jpeg_segment(photo(), 0xE1, segment));
  EXPECT_EQ(facts.make.text, "Gatecam AG");
  EXPECT_TRUE(facts.serial.unreadable);
}

TEST(CameraFacts, ABlockThatIsNoTiffIsUnreadable) {
  const CameraFacts facts = facts_of(with_jpeg_segment(photo(), 0xE1, std::string("Exif\0\0XX*\0", 10)));
  EXPECT_TRUE(facts.make.unreadable && facts.model.unreadable && facts.serial.unreadable);
}

TEST(CameraFacts, ExifOfPngAndWebp) {
  const std::string tiff = ExifBuilder(kTexts).tiff();
  const auto be32 = [](std::size_t n) { return std::string{char(n >> 24), char(n >> 16), char(n >> 8), char(n)}; };
  std::string png("\x89PNG\r\n\x1a\n");
  png += be32(4) + "tEXtabcd" + "sum_" + be32(tiff.size()) + "eXIf" + tiff + "sum_";
  EXPECT_EQ(read_camera_facts(as_byte_span(png), ContentType::kPng).serial.text, "SN-0042");
  std::string webp("RIFF____WEBPVP8X\x01\0\0\0a\0", 22);
  webp += "EXIF" + std::string{char(tiff.size()), char(tiff.size() >> 8), 0, 0} + tiff;
  EXPECT_EQ(read_camera_facts(as_byte_span(webp), ContentType::kWebp).model.text, "LX 4");
  webp.resize(webp.size() - 1);
  EXPECT_TRUE(read_camera_facts(as_byte_span(webp), ContentType::kWebp).make.unreadable) << "cut off";
}

TEST(CameraFacts, QuantisationIsThatOfTheQuality) {
  const auto one = facts_of(photo(83)).quantisation;
  ASSERT_TRUE(one);
  EXPECT_EQ(one, facts_of(photo(83, 200, 100)).quantisation) << "another picture, the same tables";
  EXPECT_NE(one, facts_of(photo(84)).quantisation);
  EXPECT_EQ(one, facts_of(photo_of(kTexts)).quantisation);
}

TEST(CameraFacts, LibjpegsOwnTablesAreKnown) {
  for (const int quality : {1, 30, 50, 75, 83, 95, 100}) {
    EXPECT_EQ(standard_quality(*facts_of(photo(quality)).quantisation), quality);
  }
  EXPECT_EQ(standard_quality(Sha256::of(as_byte_span("something else"))), std::nullopt);
}

TEST(CameraFacts, AFrameWhoseTablesAreMissingIsUnreadable) {
  ByteBuffer jpeg = photo();
  const std::string_view text = as_text(jpeg);
  const std::size_t table = text.find("\xFF\xDB");
  jpeg[table + 1] = std::byte{0xEC};  // an APP12 segment instead
  const CameraFacts facts = facts_of(jpeg);
  EXPECT_FALSE(facts.quantisation);
  EXPECT_TRUE(facts.quantisation_unreadable);
}

TEST(CameraFacts, OfNextToNothingAreNone) {
  for (const std::string_view bytes : {"", "\xFF", "\xFF\xD8"}) {
    EXPECT_FALSE(read_camera_facts(as_byte_span(bytes), ContentType::kJpeg).quantisation) << bytes.size();
  }
}

TEST(CameraFacts, AreReadWithoutALookAtPixels) {
  ImageInspector inspector(nullptr, nullptr);
  ByteBuffer cut = photo_of(kTexts);
  cut.resize(as_text(cut).find("\xFF\xDA"));
  const Findings findings = inspector.inspect(cut, {kCamera, 1 << 26});
  EXPECT_EQ(findings.looked_for, kCamera);
  EXPECT_FALSE(findings.not_inspected);
  EXPECT_EQ(findings.width, 320);
  ASSERT_TRUE(findings.camera);
  EXPECT_EQ(findings.camera->model.text, "LX 4");
}

TEST(CameraFacts, BesideOtherFindingsOfTheSameImage) {
  ImageInspector inspector(nullptr, nullptr);
  const Findings findings = inspector.inspect(photo_of(kTexts), {kCamera | kFingerprint, 1 << 26});
  EXPECT_EQ(findings.looked_for, kCamera | kFingerprint);
  EXPECT_TRUE(findings.pdq && findings.camera);
  EXPECT_FALSE(inspector.inspect(photo_of(kTexts), {kFingerprint, 1 << 26}).camera) << "not asked for";
}

TEST(CameraFacts, AFormatThatNobodyReadsIsNotLookedAt) {
  ImageInspector inspector(nullptr, nullptr);
  using std::string_view_literals::operator""sv;
  const Findings findings = inspector.inspect(as_byte_span("\0\0\0\x18"
                                                           "ftypheic\0\0\0\0mif1heic"sv),
                                              {kCamera, 1 << 26});
  EXPECT_EQ(findings.looked_for, 0U);
  EXPECT_EQ(findings.not_inspected, NotInspected::kUnsupportedFormat);
}

// --- overlays

cv::Mat with_caption(std::uint64_t seed, int width = 640, int height = 480) {
  cv::Mat picture = draw_picture(width, height, seed);
  cv::Mat box = picture(cv::Rect(16, 400, 200, 64));
  box.setTo(cv::Scalar(0, 0, 0));
  cv::putText(box, "LANE 3", cv::Point(8, 48), cv::FONT_HERSHEY_SIMPLEX, 1.6, cv::Scalar(255, 255, 255), 4);
  return picture;
}
const OverlayRegion kCaption{16, 400, 200, 64, 640, 480};

TEST(Overlay, IsTheSameInOtherPicturesOfTheCamera) {
  ImageInspector inspector(nullptr, nullptr);
  const InspectionRequest request{kCamera, 1 << 26, {}, {kCaption}};
  const Findings first = inspector.inspect(encode(with_caption(1), ".jpg"), request);
  const Findings second = inspector.inspect(encode(with_caption(2), ".jpg", {cv::IMWRITE_JPEG_QUALITY, 60}), request);
  ASSERT_TRUE(first.camera->overlays.at(0) && second.camera->overlays.at(0));
  EXPECT_LE(hamming_distance(*first.camera->overlays[0], *second.camera->overlays[0]), 31);
  const Findings without = inspector.inspect(encode(draw_picture(640, 480, 3), ".jpg"), request);
  EXPECT_EQ(without.looked_for, kCamera);
  const auto& other = without.camera->overlays.at(0);
  EXPECT_TRUE(!other || hamming_distance(*first.camera->overlays[0], *other) > 60);
}

TEST(Overlay, IsNothingInImagesOfAnotherSize) {
  ImageInspector inspector(nullptr, nullptr);
  const Findings findings =
      inspector.inspect(encode(with_caption(1, 800, 600), ".jpg"), {kCamera, 1 << 26, {}, {kCaption}});
  EXPECT_EQ(findings.looked_for, kCamera);
  ASSERT_EQ(findings.camera->overlays.size(), 1U);
  EXPECT_FALSE(findings.camera->overlays[0]);
}

TEST(Overlay, OfAnImageThatCannotBeDecodedIsNotLookedAt) {
  ImageInspector inspector(nullptr, nullptr);
  ByteBuffer cut = encode(with_caption(1), ".jpg");
  cut.resize(as_text(cut).find("\xFF\xDA"));
  const Findings findings = inspector.inspect(cut, {kCamera, 1 << 26, {}, {kCaption}});
  EXPECT_EQ(findings.looked_for, 0U);
  EXPECT_TRUE(findings.not_inspected);
  EXPECT_TRUE(findings.camera) << "what its header says still tells";
}

TEST(Overlay, NeverOverflows) {
  const std::uint32_t most = ~std::uint32_t{0};
  EXPECT_FALSE(is_in_image({most, 0, most, 1}, {640, 480}));
  EXPECT_FALSE(is_in_image({0, 0, 0, 1}, {640, 480}));
  EXPECT_TRUE(is_in_image({0, 0, 640, 480}, {640, 480}));
}

}  // namespace
}  // namespace sallyport
