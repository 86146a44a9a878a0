#include "daemon/worker/image_inspector.h"

#include <gtest/gtest.h>

#include "tests/unit/daemon/worker/drawn_picture.h"

namespace sallyport {
namespace {

constexpr FindingSet kFace = bit(FindingKind::kFace), kPlate = bit(FindingKind::kPlate),
                     kFingerprint = bit(FindingKind::kFingerprint);
constexpr std::uint64_t kPixelsMax = 1 << 26;

/// Says what it was told to, and what it was given.
class ScriptedDetector final : public Detector {
 public:
  explicit ScriptedDetector(std::vector<Detection> answer) : answer_(std::move(answer)) {}

  const std::string& name() const override { return name_; }
  int picture_side() const override { return 640; }
  QuickLook quick_look() const override { return quick_; }
  void be_quick_at(int side, float score) { quick_ = {side, score}; }
  std::vector<Detection> detect(const cv::Mat& picture) override {
    asked_.push_back(picture.size());
    return answer_;
  }
  const std::vector<cv::Size>& asked() const { return asked_; }

 private:
  std::string name_ = "scripted";
  QuickLook quick_;
  std::vector<Detection> answer_;
  std::vector<cv::Size> asked_;
};

TEST(ImageInspector, LooksOnlyForWhatIsAsked) {
  auto faces = std::make_unique<ScriptedDetector>(std::vector<Detection>{});
  auto plates = std::make_unique<ScriptedDetector>(std::vector<Detection>{});
  ScriptedDetector &face_calls = *faces, &plate_calls = *plates;
  ImageInspector inspector(std::move(faces), std::move(plates));
  const ByteBuffer file = encode(draw_picture(300, 200), ".png");

  const Findings fingerprint = inspector.inspect(file, {kFingerprint, kPixelsMax});
  EXPECT_EQ(fingerprint.looked_for, kFingerprint);
  EXPECT_TRUE(fingerprint.pdq);
  EXPECT_TRUE(face_calls.asked().empty());

  const Findings plate = inspector.inspect(file, {kPlate, kPixelsMax});
  EXPECT_EQ(plate.looked_for, kPlate);
  EXPECT_FALSE(plate.pdq);
  EXPECT_TRUE(face_calls.asked().empty());
  EXPECT_EQ(plate_calls.asked().size(), 1U);
  EXPECT_FALSE(plate.not_inspected);
}

TEST(ImageInspector, BoxesAreScaledToTheWholeImageAndClipped) {
  const std::vector<Detection> answer{
      {{64, 40, 128, 80}, 0.9F}, {{600, -20, 100, 60}, 0.8F}, {{-90, -90, 50, 50}, 0.7F}};
  auto faces = std::make_unique<ScriptedDetector>(answer);
  const ScriptedDetector& calls = *faces;
  ImageInspector inspector(std::move(faces), nullptr);
  const Findings findings = inspector.inspect(encode(draw_picture(3200, 2000), ".jpg"), {kFace, kPixelsMax});
  ASSERT_EQ(calls.asked().front(), cv::Size(640, 400));
  EXPECT_EQ(findings.width, 3200);
  ASSERT_EQ(findings.faces.size(), 2U) << "one lay outside";
  const Box whole = findings.faces[0].box, clipped = findings.faces[1].box;
  EXPECT_EQ(std::tie(whole.x, whole.y, whole.width, whole.height), std::make_tuple(320, 200, 640, 400));
  EXPECT_EQ(std::tie(clipped.x, clipped.y, clipped.width, clipped.height), std::make_tuple(3000, 0, 200, 200));
}

/// The sides of the pictures that a detector, which always says the same, is asked about.
std::vector<int> sides_asked(const std::vector<Detection>& answer, Enough enough, Findings& findings) {
  auto faces = std::make_unique<ScriptedDetector>(answer);
  faces->be_quick_at(320, 0.8F);
  const ScriptedDetector& calls = *faces;
  ImageInspector inspector(std::move(faces), nullptr);
  InspectionRequest request{kFace, kPixelsMax};
  request.faces = enough;
  findings = inspector.inspect(encode(draw_picture(1600, 1000), ".jpg"), request);
  std::vector<int> sides;
  for (const cv::Size& size : calls.asked()) sides.push_back(size.width);
  return sides;
}

TEST(ImageInspector, AQuickLookThatAnswersEndsTheSearch) {
  Findings findings;
  const std::vector<Detection> answer{{{32, 20, 64, 40}, 0.9F}, {{100, 20, 64, 40}, 0.7F}};
  EXPECT_EQ(sides_asked(answer, {1, 0.7F}, findings), std::vector<int>{320});
  EXPECT_EQ(findings.looked_for, 0U) << "there may be more";
  ASSERT_EQ(findings.faces.size(), 1U) << "the other is not certain enough at this size";
  EXPECT_EQ(findings.faces[0].box.x, 160);
  EXPECT_EQ(found_in_part(findings), kFace);
}

TEST(ImageInspector, AQuickLookThatDoesNotAnswerIsFollowedByTheWholeOne) {
  const std::vector<Detection> answer{{{32, 20, 64, 40}, 0.9F}, {{100, 20, 64, 40}, 0.7F}};
  for (const Enough enough : {Enough{2, 0.7F}, Enough{1, 0.95F}}) {
    Findings findings;
    EXPECT_EQ(sides_asked(answer, enough, findings), (std::vector<int>{320, 640}));
    EXPECT_EQ(findings.looked_for, kFace);
    EXPECT_EQ(findings.faces.size(), 2U);
  }
}

TEST(ImageInspector, WhoAsksForAllGetsNoQuickLook) {
  Findings findings;
  EXPECT_EQ(sides_asked({{{32, 20, 64, 40}, 0.9F}}, {}, findings), std::vector<int>{640});
  EXPECT_EQ(findings.looked_for, kFace);
}

TEST(ImageInspector, AMissingDetectorIsSaidAndTheRestIsDone) {
  ImageInspector inspector(nullptr, nullptr);
  const Findings findings =
      inspector.inspect(encode(draw_picture(300, 200), ".jpg"), {kFace | kFingerprint, kPixelsMax});
  EXPECT_EQ(findings.not_inspected, NotInspected::kDetectorMissing);
  EXPECT_EQ(findings.looked_for, kFingerprint);
  EXPECT_TRUE(findings.pdq);
}

TEST(ImageInspector, ACutOffJpegIsLookedAtAndStillADecodeError) {
  ImageInspector inspector(std::make_unique<ScriptedDetector>(std::vector<Detection>{{{1, 1, 20, 20}, 1}}), nullptr);
  const ByteBuffer file = encode(draw_picture(300, 200), ".jpg");
  const Findings findings = inspector.inspect(Bytes(file).first(file.size() / 2), {kFace, kPixelsMax});
  EXPECT_EQ(findings.not_inspected, NotInspected::kDecodeError);
  EXPECT_EQ(findings.faces.size(), 1U);
}

TEST(ImageInspector, APictureThatNothingDecodesIsNeverClean) {
  ImageInspector inspector(nullptr, nullptr);
  for (const char* const file : {"P6\n320 240\n255\n...", "FUJIFILMCCD-RAW 0201"}) {
    const Findings findings = inspector.inspect(as_byte_span(std::string_view(file)), {kFingerprint, kPixelsMax, {}});
    EXPECT_EQ(findings.format, ContentType::kOtherImage);
    EXPECT_EQ(findings.not_inspected, NotInspected::kUnsupportedFormat);
    EXPECT_EQ(findings.looked_for, 0U);
  }
}

TEST(ImageInspector, NothingIsLookedForInWhatIsNoImage) {
  ImageInspector inspector(std::make_unique<ScriptedDetector>(std::vector<Detection>{}), nullptr);
  const Findings findings = inspector.inspect(as_byte_span("no image"), {kFace, kPixelsMax});
  EXPECT_EQ(findings.not_inspected, NotInspected::kUnsupportedFormat);
  EXPECT_EQ(findings.looked_for, 0U);
}

}  // namespace
}  // namespace sallyport
