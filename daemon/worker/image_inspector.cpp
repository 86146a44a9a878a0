#include "daemon/worker/image_inspector.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/worker/image_decoder.h"
#include "daemon/worker/pdq.h"
#include "daemon/worker/shrink.h"

namespace sallyport {
namespace {

/// The part of `box` inside the picture, in pixels of the full image; empty when there is none.
Box to_full_scale(const Box& box, cv::Size picture, const ImageFindings& full) {
  const cv::Rect inside = cv::Rect(box.x, box.y, box.width, box.height) & cv::Rect(cv::Point(), picture);
  const double across = static_cast<double>(full.width) / picture.width;
  const double down = static_cast<double>(full.height) / picture.height;
  const auto at = [](int position, double scale, int end) {
    return std::min(static_cast<int>(std::lround(position * scale)), end);
  };
  const int left = at(inside.x, across, full.width), right = at(inside.x + inside.width, across, full.width);
  const int top = at(inside.y, down, full.height), bottom = at(inside.y + inside.height, down, full.height);
  return {left, top, right - left, bottom - top};
}

std::vector<Detection> detect_at_full_scale(Detector& detector, const cv::Mat& pixels, const ImageFindings& full) {
  const cv::Mat picture = shrink_to(pixels, detector.picture_side());
  std::vector<Detection> detections = detector.detect(picture);
  for (Detection& detection : detections) detection.box = to_full_scale(detection.box, picture.size(), full);
  std::erase_if(detections, [](const Detection& d) { return d.box.width <= 0 || d.box.height <= 0; });
  return detections;
}

}  // namespace

ImageInspector::ImageInspector(std::unique_ptr<Detector> faces, std::unique_ptr<Detector> plates)
    : faces_(std::move(faces)), plates_(std::move(plates)) {}

int ImageInspector::longer_side_for(FindingSet wanted) const {
  int side = (wanted & bit(FindingKind::kFingerprint)) != 0 ? kPdqSide : 1;
  if ((wanted & bit(FindingKind::kFace)) != 0 && faces_) side = std::max(side, faces_->picture_side());
  if ((wanted & bit(FindingKind::kPlate)) != 0 && plates_) side = std::max(side, plates_->picture_side());
  return side;
}

Findings ImageInspector::inspect(Bytes image, const InspectionRequest& request) {
  Findings findings;
  try {
    const DecodedImage decoded = decode_image(image, {request.pixels_max, longer_side_for(request.wanted)});
    findings.format = decoded.format;
    findings.width = decoded.width;
    findings.height = decoded.height;
    findings.not_inspected = decoded.not_inspected;
    if (!decoded.pixels.empty()) look(decoded.pixels, request.wanted, findings);
  } catch (const std::exception&) {  // out of the memory that the sandbox grants, or a library gave up
    findings.not_inspected = NotInspected::kDecodeError;
  }
  return findings;
}

ImageFindings ImageInspector::inspect_pixels(const cv::Mat& pixels, const InspectionRequest& request) {
  ImageFindings findings;
  findings.width = pixels.cols;
  findings.height = pixels.rows;
  const auto count = static_cast<std::uint64_t>(pixels.cols) * static_cast<std::uint64_t>(pixels.rows);
  const auto longer = static_cast<std::uint32_t>(std::max(pixels.cols, pixels.rows));
  if (count > std::min(request.pixels_max, limits::kImagePixelsMax) || longer > limits::kImageSideMax) {
    findings.not_inspected = NotInspected::kTooLarge;
    return findings;
  }
  try {
    cv::Mat colour = pixels;
    if (pixels.channels() == 1) cv::cvtColor(pixels, colour, cv::COLOR_GRAY2BGR);
    look(colour, request.wanted, findings);
  } catch (const std::exception&) {
    findings.not_inspected = NotInspected::kDecodeError;
  }
  return findings;
}

void ImageInspector::look(const cv::Mat& pixels, FindingSet wanted, ImageFindings& findings) {
  const auto wants = [wanted](FindingKind kind) { return (wanted & bit(kind)) != 0; };
  const bool missing = (wants(FindingKind::kFace) && !faces_) || (wants(FindingKind::kPlate) && !plates_);
  if (missing && !findings.not_inspected) findings.not_inspected = NotInspected::kDetectorMissing;
  if (wants(FindingKind::kFingerprint)) {
    const PdqResult fingerprint = pdq(pixels);
    findings.pdq = fingerprint.hash;
    findings.pdq_quality = fingerprint.quality;
    findings.looked_for |= bit(FindingKind::kFingerprint);
  }
  if (wants(FindingKind::kFace) && faces_) {
    findings.faces = detect_at_full_scale(*faces_, pixels, findings);
    findings.looked_for |= bit(FindingKind::kFace);
  }
  if (wants(FindingKind::kPlate) && plates_) {
    findings.plates = detect_at_full_scale(*plates_, pixels, findings);
    findings.looked_for |= bit(FindingKind::kPlate);
  }
}

}  // namespace sallyport
