// Against pictures of real faces and cars where they are at hand: they are not part of the tree.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "daemon/worker/face_detector.h"
#include "daemon/worker/image_inspector.h"
#include "daemon/worker/plate_detector.h"
#include "tests/unit/daemon/worker/drawn_picture.h"

namespace sallyport {
namespace {

namespace fs = std::filesystem;
const fs::path kShared = fs::path(SALLYPORT_SOURCE_DIR).parent_path() / "shared";
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
  EXPECT_GE(findings.faces[0].score, 0.75F);
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

TEST(PlateDetector, LooksAtAnyShape) {
  if (!fs::exists(kCascades)) GTEST_SKIP() << "the cascades are not here";
  auto detector = load_plate_detector(kCascades);
  ASSERT_TRUE(detector) << detector.error().message;
  ASSERT_NE(detector->get(), nullptr);
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(640, 1), cv::Size(640, 480)}) {
    EXPECT_TRUE((*detector)->detect(cv::Mat(size, CV_8UC3, cv::Scalar(0, 0, 0))).empty()) << size;
  }
}

}  // namespace
}  // namespace sallyport
