#include "daemon/classify/camera_match.h"

#include <gtest/gtest.h>

namespace sallyport {
namespace {

const Sha256Digest kTables = Sha256::of(as_byte_span("tables"));

EnrolledSign exif(std::string make, std::optional<std::string> serial = {}) {
  EnrolledSign sign;
  sign.make = std::move(make);
  sign.serial = std::move(serial);
  return sign;
}
EnrolledSign tables(std::uint32_t width, std::size_t digits = 16) {
  EnrolledSign sign;
  sign.width = width;
  sign.quantisation = to_hex(kTables).substr(0, digits);
  return sign;
}
EnrolledSign overlay(std::uint8_t bits) {
  EnrolledSign sign;
  PdqHash hash{};
  hash[0] = bits;
  sign.overlay = EnrolledSign::Overlay{{1, 2, 64, 64, 0, 0}, hash, 2};
  return sign;
}

Findings seen(const std::string& make = "Gatecam", const std::string& serial = "7") {
  Findings findings;
  findings.width = 640;
  findings.looked_for = bit(FindingKind::kCamera);
  CameraFacts& facts = findings.camera.emplace();
  facts.make.text = make;
  facts.serial.text = serial;
  facts.quantisation = kTables;
  return findings;
}

/// "lane-3 exif, lane-4 overlay", with " ?" behind it where one could not be compared.
std::string told(const CameraSet& cameras, Findings findings) {
  cameras.match_all(findings);
  EXPECT_FALSE(findings.camera) << "what tells a camera stays here";
  std::string text;
  for (const CameraMatch& match : findings.cameras) {
    text += (text.empty() ? "" : ", ") + match.camera + ' ' + std::string(to_string(match.sign));
  }
  return findings.camera_unreadable ? text + " ?" : text;
}

TEST(CameraMatch, EveryKeyOfOneSignMustFit) {
  const CameraSet cameras({{"lane-3", {exif("Gatecam", "7")}}, {"lane-4", {exif("Gatecam", "8")}}});
  EXPECT_EQ(told(cameras, seen()), "lane-3 exif");
  EXPECT_EQ(told(cameras, seen("Gatecam", "8")), "lane-4 exif");
  EXPECT_EQ(told(cameras, seen("gatecam")), "") << "case counts";
  EXPECT_EQ(told(cameras, seen("Gatecam", "")), "");
}

TEST(CameraMatch, AnyOfItsSignsWillDo) {
  const CameraSet cameras({{"lane-3", {exif("Other"), tables(640)}}});
  EXPECT_EQ(told(cameras, seen()), "lane-3 quantisation");
  EXPECT_EQ(told(CameraSet({{"lane-3", {tables(641)}}}), seen()), "");
  EXPECT_EQ(told(CameraSet({{"lane-3", {tables(640, 64)}}}), seen()), "lane-3 quantisation");
}

TEST(CameraMatch, AnOverlayWithinItsDistance) {
  const CameraSet cameras({{"lane-3", {overlay(0x07)}}});
  ASSERT_EQ(cameras.overlays().size(), 1U);
  Findings findings = seen();
  findings.overlays = cameras.overlays();
  findings.camera->overlays = {PdqHash{0x01}};
  EXPECT_EQ(told(cameras, findings), "lane-3 overlay");
  findings.camera->overlays = {PdqHash{0xF0}};
  EXPECT_EQ(told(cameras, findings), "");
  findings.camera->overlays = {std::nullopt};
  EXPECT_EQ(told(cameras, findings), "") << "the image has no such region";
}

TEST(CameraMatch, AnOverlayThatNobodyHashedIsNotKnown) {
  EXPECT_EQ(told(CameraSet({{"lane-3", {overlay(1)}}}), seen()), " ?");
}

TEST(CameraMatch, OneRegionIsAskedForOnce) {
  EXPECT_EQ(CameraSet({{"a", {overlay(1)}}, {"b", {overlay(2), overlay(3)}}}).overlays().size(), 1U);
}

TEST(CameraMatch, WhatCouldNotBeReadIsNotANo) {
  Findings findings = seen();
  findings.camera->serial.unreadable = true;
  EXPECT_EQ(told(CameraSet({{"lane-3", {exif("Gatecam", "9")}}}), findings), " ?");
  EXPECT_EQ(told(CameraSet({{"lane-3", {exif("Other", "9")}}}), findings), "") << "the maker rules it out";
  EXPECT_EQ(told(CameraSet({{"lane-3", {exif("Gatecam", "9"), tables(640)}}}), findings), "lane-3 quantisation");
}

TEST(CameraMatch, WhatOtherCamerasWereComparedWithSaysNothingOfThese) {
  const CameraSet then({{"lane-3", {exif("Gatecam", "7")}}}), now({{"lane-3", {exif("Gatecam", "8")}}});
  Findings findings = seen();
  then.match_all(findings);
  Findings same = findings;
  then.forget_others(same);
  EXPECT_EQ(same.cameras.size(), 1U);
  EXPECT_EQ(same.looked_for, bit(FindingKind::kCamera));
  now.forget_others(findings);
  EXPECT_TRUE(findings.cameras.empty());
  EXPECT_EQ(findings.looked_for, 0U);
  EXPECT_EQ(CameraSet().id(), 0U);
}

TEST(CameraMatch, ImagesInsideAnObjectHaveCamerasOfTheirOwn) {
  Findings findings;
  findings.parts.resize(2);
  static_cast<ImageFindings&>(findings.parts[1]) = seen();
  CameraSet({{"lane-3", {exif("Gatecam")}}}).match_all(findings);
  EXPECT_TRUE(findings.cameras.empty() && findings.parts[0].cameras.empty());
  ASSERT_EQ(findings.parts[1].cameras.size(), 1U);
  EXPECT_EQ(findings.parts[1].cameras[0].camera, "lane-3");
}

}  // namespace
}  // namespace sallyport
