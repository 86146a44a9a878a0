// Against pictures of real faces and cars where they are at hand: they are not part of the tree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "daemon/worker/face_detector.h"
#include "daemon/worker/image_inspector.h"
#include "daemon/worker/plate_confirmer.h"
#include "daemon/worker/plate_detector.h"
#include "tests/unit/daemon/worker/drawn_picture.h"

namespace sallyport {
namespace {

namespace fs = std::filesystem;
const fs::path kShared = fs::path(SALLYPORT_SOURCE_DIR).parent_path() / "shared";
const fs::path kShippedModels = fs::path(SALLYPORT_SOURCE_DIR) / "deploy/models/plates";
const fs::path kRendered = fs::path(SALLYPORT_SOURCE_DIR) / "tests/support/rendered";
const cv::Rect kPlateOfCar(87, 332, 106, 37);  // in car.jpg
const fs::path kCascades = "/usr/share/opencv4/haarcascades";

ByteBuffer read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const Bytes bytes = as_byte_span(content.data(), content.size());
  return {bytes.begin(), bytes.end()};
}

Findings look_for_faces(ImageInspector& inspector, const fs::path& path) {
  return inspector.inspect(read_file(path), {bit(FindingKind::kFace), 1 << 26});
}

TEST(FaceDetector, NoneOfBothIsNoError) {
  const auto detector = load_face_detector("", "/nonexistent");
  ASSERT_TRUE(detector);
  EXPECT_EQ(detector->get(), nullptr);
}

TEST(FaceDetector, TheNetworkIsPreferredAndNamedByItsDigest) {
  if (!fs::exists(kShared / "models")) GTEST_SKIP() << "the model is not here";
  const auto detector = load_face_detector(kShared / "models", kCascades);
  ASSERT_TRUE(detector) << detector.error().message;
  EXPECT_EQ((*detector)->name(), "yunet_n_640_640@25a606a1");
}

TEST(FaceDetector, TheNetworkFindsFacesWhereTheyAre) {
  const fs::path photo = kShared / "corpus/images/faces/faces-001.jpg";
  if (!fs::exists(photo) || !fs::exists(kShared / "models")) GTEST_SKIP() << "photos and model are not here";
  auto detector = load_face_detector(kShared / "models", kCascades);
  ASSERT_TRUE(detector) << detector.error().message;
  ImageInspector inspector(std::move(*detector), nullptr);
  const Findings findings = look_for_faces(inspector, photo);
  ASSERT_GE(findings.faces.size(), 2U);
  const cv::Rect truth(145, 79, 76, 76);
  EXPECT_TRUE(std::any_of(findings.faces.begin(), findings.faces.end(), [&](const Detection& face) {
    const cv::Point centre(face.box.x + face.box.width / 2, face.box.y + face.box.height / 2);
    return truth.contains(centre);
  }));
}

TEST(FaceDetector, TheCascadeFindsFaces) {
  const fs::path photo = kShared / "corpus/images/faces/faces-001.jpg";
  if (!fs::exists(photo) || !fs::exists(kCascades)) GTEST_SKIP() << "photos or cascades are not here";
  auto detector = load_face_detector("", kCascades);
  ASSERT_TRUE(detector) << detector.error().message;
  EXPECT_EQ((*detector)->name(), "haar_alt2");
  ImageInspector inspector(std::move(*detector), nullptr);
  const Findings findings = look_for_faces(inspector, photo);
  ASSERT_GE(findings.faces.size(), 1U);
  EXPECT_GE(findings.faces[0].score, 0.5F);
}

TEST(FaceDetector, ShapesOfAnyProportionAreTaken) {
  if (!fs::exists(kShared / "models")) GTEST_SKIP() << "the model is not here";
  auto detector = load_face_detector(kShared / "models", kCascades);
  ASSERT_TRUE(detector) << detector.error().message;
  for (const cv::Size size :
       {cv::Size(1, 1), cv::Size(640, 1), cv::Size(3, 640), cv::Size(640, 640), cv::Size(33, 65)}) {
    EXPECT_TRUE((*detector)->detect(cv::Mat(size, CV_8UC3, cv::Scalar(0, 0, 0))).empty()) << size;
  }
}

/// Pictures that our own renderer made: see the README beside them.
Findings look_for_plates(const std::string& picture) {
  auto detector = load_plate_detector("", kShippedModels, "/nonexistent");
  EXPECT_TRUE(detector) << detector.error().message;
  ImageInspector inspector(nullptr, std::move(*detector));
  return inspector.inspect(read_file(kRendered / picture), {bit(FindingKind::kPlate), 1 << 26});
}

TEST(PlateDetector, NoneOfAllIsNoError) {
  const auto detector = load_plate_detector("", "/nonexistent", "/nonexistent");
  ASSERT_TRUE(detector);
  EXPECT_EQ(detector->get(), nullptr);
}

TEST(PlateDetector, TheNetworkIsPreferredAndNamedByItsDigest) {
  const auto detector = load_plate_detector("", kShippedModels, kCascades);
  ASSERT_TRUE(detector) << detector.error().message;
  EXPECT_THAT((*detector)->name(), testing::MatchesRegex("plates@[0-9a-f]{8}\\+plate_confirmer@[0-9a-f]{8}"));
}

TEST(PlateDetector, TheAdministratorsModelComesFirst) {
  const fs::path folder = fs::path(testing::TempDir()) / "administrators-models";
  fs::create_directories(folder);
  std::ofstream(folder / "plates.onnx") << "no model";
  EXPECT_FALSE(load_plate_detector(folder, kShippedModels, kCascades));
  fs::remove_all(folder);
}

TEST(PlateDetector, TheNetworkFindsARenderedPlateWhereItIs) {
  const Findings findings = look_for_plates("car.jpg");
  ASSERT_EQ(findings.plates.size(), 1U);
  const Box& box = findings.plates[0].box;
  EXPECT_GT((cv::Rect(box.x, box.y, box.width, box.height) & kPlateOfCar).area(), kPlateOfCar.area() / 2);
}

TEST(PlateDetector, TheNetworkFindsNoneInARenderedDocument) {
  EXPECT_TRUE(look_for_plates("document.jpg").plates.empty());
}

/// Takes for a plate what it is told to, with some doubt.
class Suggestion final : public Detector {
 public:
  explicit Suggestion(cv::Rect box) : box_(box) {}

  const std::string& name() const override { return name_; }
  int picture_side() const override { return 640; }
  std::vector<Detection> detect(const cv::Mat&) override { return {{{box_.x, box_.y, box_.width, box_.height}, 0.5F}}; }

 private:
  std::string name_ = "suggestion";
  cv::Rect box_;
};

std::vector<Detection> confirmed(const std::string& picture, cv::Rect box) {
  auto confirmer =
      PlateConfirmer::load(std::make_unique<Suggestion>(box), kShippedModels / "plate_confirmer.onnx", 0.5F, {});
  EXPECT_TRUE(confirmer) << confirmer.error().message;
  return (*confirmer)->detect(cv::imread(kRendered / picture));
}

TEST(PlateConfirmer, KeepsAPlateAndDropsWhatIsNone) {
  const std::vector<Detection> plate = confirmed("car.jpg", kPlateOfCar);
  ASSERT_EQ(plate.size(), 1U);
  EXPECT_GT(plate[0].score, 0.5F);
  EXPECT_TRUE(confirmed("document.jpg", {60, 60, 120, 30}).empty());
  EXPECT_TRUE(confirmed("car.jpg", {-90, -200, 30, 12}).empty()) << "outside the picture";
}

TEST(PlateConfirmer, AModelOfAnotherKindIsAnError) {
  EXPECT_FALSE(
      PlateConfirmer::load(std::make_unique<Suggestion>(cv::Rect()), kShippedModels / "plates.onnx", 0.5F, {}));
}

TEST(PlateDetector, TheCascadeLooksAtAnyShape) {
  if (!fs::exists(kCascades)) GTEST_SKIP() << "the cascades are not here";
  auto detector = load_plate_detector("", "", kCascades);
  ASSERT_TRUE(detector) << detector.error().message;
  ASSERT_NE(detector->get(), nullptr);
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(640, 1), cv::Size(640, 480)}) {
    EXPECT_TRUE((*detector)->detect(cv::Mat(size, CV_8UC3, cv::Scalar(0, 0, 0))).empty()) << size;
  }
}

}  // namespace
}  // namespace sallyport
