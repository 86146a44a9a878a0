#include "daemon/cli/camera_enrolment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/contract/quantisation.h"
#include "policy/loader.h"

namespace sallyport::cli {
namespace {

using testing::Contains;
using testing::HasSubstr;

Findings sample(const std::string& serial = "GC-\"42\"", const std::string& tables = "of its own") {
  Findings findings;
  findings.width = 1920;
  findings.height = 1080;
  CameraFacts& facts = findings.camera.emplace();
  facts.make.text = "Gatecam";
  facts.model.text = "LX 4";
  facts.serial.text = serial;
  facts.quantisation = Sha256::of(as_byte_span(tables));
  return findings;
}

Findings with_overlay(Findings findings, std::uint8_t bits) {
  PdqHash hash{};
  hash[3] = bits;
  findings.camera->overlays = {hash};
  return findings;
}

/// The cameras of a policy with this entry.
std::vector<EnrolledCamera> cameras_of(const Enrolment& enrolment) {
  const std::string text = "version: 1\nname: p\ncameras:\n" + enrolment.yaml +
                           "rules:\n  - {name: r, state: alert, when: {camera: lane-3}}\n";
  const policy::LoadResult loaded = policy::load_policy_text(text, "policy.yaml");
  for (const policy::Diagnostic& fault : loaded.diagnostics) ADD_FAILURE() << policy::to_text(fault) << text;
  return loaded.policy ? loaded.policy->cameras() : std::vector<EnrolledCamera>{};
}

TEST(CameraEnrolment, ThePolicyReadsWhatItPrints) {
  const auto cameras = cameras_of(enrol("lane-3", {sample(), sample()}, {}));
  ASSERT_EQ(cameras.size(), 1U);
  EXPECT_EQ(cameras[0].name, "lane-3");
  ASSERT_EQ(cameras[0].signs.size(), 2U);
  EXPECT_EQ(cameras[0].signs[0].serial, "GC-\"42\"");
  EXPECT_EQ(cameras[0].signs[1].width, 1920U);
  EXPECT_EQ(cameras[0].signs[1].quantisation, to_hex(Sha256::of(as_byte_span("of its own"))).substr(0, 16));
}

TEST(CameraEnrolment, OnlyWhatAllSamplesShareIsASign) {
  const Enrolment enrolment = enrol("lane-3", {sample("1"), sample("2", "others")}, {});
  EXPECT_FALSE(enrolment.has_sign);
  EXPECT_THAT(enrolment.yaml, HasSubstr("#     - {make: \"Gatecam\", model: \"LX 4\"}\n"));
  EXPECT_THAT(enrolment.notes, Contains(HasSubstr("exif: weak")));
  EXPECT_THAT(enrolment.notes, Contains(HasSubstr("quantisation: none")));
}

TEST(CameraEnrolment, TablesOfLibjpegAreWeak) {
  Findings one = sample();
  QuantisedComponent grey;
  grey.table.fill(1);
  one.camera->quantisation = quantisation_digest({&grey, 1});
  const Enrolment enrolment = enrol("lane-3", {one}, {});
  EXPECT_THAT(enrolment.notes, Contains(HasSubstr("libjpeg's own tables at quality 100")));
  EXPECT_EQ(cameras_of(enrolment).at(0).signs.size(), 1U) << "commented out";
}

TEST(CameraEnrolment, AnOverlayMustBeSteady) {
  const OverlayRegion region{16, 1000, 320, 64};
  const Enrolment steady = enrol("lane-3", {with_overlay(sample(), 0x01), with_overlay(sample(), 0x03)}, region);
  EXPECT_THAT(steady.notes, Contains(HasSubstr("overlay: steady, up to 1 bits differ over 2 samples")));
  const auto cameras = cameras_of(steady);
  ASSERT_EQ(cameras.at(0).signs.size(), 3U);
  EXPECT_EQ(cameras[0].signs[2].overlay->region, (OverlayRegion{16, 1000, 320, 64, 1920, 1080}));
  Findings other = with_overlay(sample(), 0xFF);
  other.camera->overlays[0]->fill(0xFF);
  EXPECT_THAT(enrol("lane-3", {with_overlay(sample(), 0), other}, region).notes, Contains(HasSubstr("overlay: weak")));
  EXPECT_THAT(enrol("lane-3", {sample()}, region).notes, Contains(HasSubstr("overlay: not in all samples")));
}

}  // namespace
}  // namespace sallyport::cli
