#include "daemon/worker/image_inspector.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "daemon/base/limits.h"
#include "daemon/worker/camera_facts.h"
#include "daemon/worker/image_decoder.h"
#include "daemon/worker/image_header.h"
#include "daemon/worker/local_features.h"
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

std::vector<Detection> detect_at_full_scale(Detector& detector, int side, const cv::Mat& pixels,
                                            const ImageFindings& full) {
  const cv::Mat picture = shrink_to(pixels, side);
  std::vector<Detection> detections = detector.detect(picture);
  for (Detection& detection : detections) detection.box = to_full_scale(detection.box, picture.size(), full);
  std::erase_if(detections, [](const Detection& d) { return d.box.width <= 0 || d.box.height <= 0; });
  return detections;
}

/// A small picture shows what is large in it for a quarter of the price. Where that answers the question, the kind is
/// not in `looked_for`: there may be more.
std::vector<Detection> search(Detector& detector, FindingKind kind, const Enough& enough, const cv::Mat& pixels,
                              ImageFindings& findings) {
  const QuickLook quick = detector.quick_look();
  if (enough.count > 0 && quick.side > 0 && std::max(pixels.cols, pixels.rows) > quick.side) {
    std::vector<Detection> sure = detect_at_full_scale(detector, quick.side, pixels, findings);
    std::erase_if(sure, [&quick](const Detection& detection) { return detection.score < quick.score; });
    if (is_enough(enough, sure)) return sure;
  }
  findings.looked_for |= bit(kind);
  return detect_at_full_scale(detector, detector.picture_side(), pixels, findings);
}

// --- cameras: what tells them is in the header, but for overlays, which are looked at at full scale

/// The size of the image as it is shown, if its header says.
cv::Size shown_size(const ImageHeader& header) {
  const cv::Size stored(static_cast<int>(std::min(header.width, limits::kImageSideMax)),
                        static_cast<int>(std::min(header.height, limits::kImageSideMax)));
  return header.orientation >= 5 ? cv::Size(stored.height, stored.width) : stored;
}

bool wants_overlay(const InspectionRequest& request, cv::Size image) {
  return (request.wanted & bit(FindingKind::kCamera)) != 0 &&
         std::any_of(request.overlays.begin(), request.overlays.end(),
                     [image](const OverlayRegion& region) { return is_in_image(region, image); });
}

/// Without a look at its pixels.
DecodedImage described(const ImageHeader& header) {
  DecodedImage image;
  image.format = header.format;
  image.width = shown_size(header).width;
  image.height = shown_size(header).height;
  if (!has_camera_facts(header.format) || header.more_images) image.not_inspected = NotInspected::kUnsupportedFormat;
  if (!image.not_inspected && !header.has_size()) image.not_inspected = NotInspected::kDecodeError;
  return image;
}

/// Where it is not decoded to its end, an overlay may be in the part that is missing.
void look_at_camera(Bytes image, const DecodedImage& decoded, const InspectionRequest& request, bool asks_overlay,
                    Findings& findings) {
  if (!has_camera_facts(decoded.format)) return;
  CameraFacts& facts = findings.camera.emplace(read_camera_facts(image, decoded.format));
  const cv::Size size(decoded.width, decoded.height);
  facts.overlays.resize(request.overlays.size());
  if (!decoded.pixels.empty()) facts.overlays = overlay_hashes(decoded.pixels, size, request.overlays);
  if (!(decoded.not_inspected && asks_overlay)) findings.looked_for |= bit(FindingKind::kCamera);
}

}  // namespace

ImageInspector::ImageInspector(std::unique_ptr<Detector> faces, std::unique_ptr<Detector> plates)
    : faces_(std::move(faces)), plates_(std::move(plates)) {}

int ImageInspector::longer_side_for(FindingSet wanted) const {
  int side = (wanted & bit(FindingKind::kFingerprint)) != 0 ? kPdqSide : 1;
  if ((wanted & bit(FindingKind::kLocalFeatures)) != 0) side = std::max(side, kFeatureSide);
  if ((wanted & bit(FindingKind::kFace)) != 0 && faces_) side = std::max(side, faces_->picture_side());
  if ((wanted & bit(FindingKind::kPlate)) != 0 && plates_) side = std::max(side, plates_->picture_side());
  return side;
}

Findings ImageInspector::inspect(Bytes image, const InspectionRequest& request) {
  Findings findings;
  try {
    inspect_image(image, request, findings);
  } catch (const std::exception&) {  // out of the memory that the sandbox grants, or a library gave up
    findings.not_inspected = NotInspected::kDecodeError;
  }
  return findings;
}

void ImageInspector::inspect_image(Bytes image, const InspectionRequest& request, Findings& findings) {
  const ImageHeader header = read_image_header(image);
  const cv::Size size = shown_size(header);
  const bool asks_overlay = wants_overlay(request, size);  // it is looked at at full scale
  const int side = asks_overlay ? std::max(size.width, size.height) : longer_side_for(request.wanted);
  const bool needs_pixels = asks_overlay || (request.wanted & ~bit(FindingKind::kCamera)) != 0;
  const DecodedImage decoded = needs_pixels ? decode_image(image, {request.pixels_max, side}) : described(header);
  findings.format = decoded.format;
  findings.width = decoded.width;
  findings.height = decoded.height;
  findings.not_inspected = decoded.not_inspected;
  if (!decoded.pixels.empty()) look(decoded.pixels, request, findings);
  if ((request.wanted & bit(FindingKind::kCamera)) != 0)
    look_at_camera(image, decoded, request, asks_overlay, findings);
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
    look(colour, request, findings);
    if ((request.wanted & bit(FindingKind::kCamera)) != 0) {
      findings.camera.emplace().overlays = overlay_hashes(colour, colour.size(), request.overlays);
      findings.looked_for |= bit(FindingKind::kCamera);
    }
  } catch (const std::exception&) {
    findings.not_inspected = NotInspected::kDecodeError;
  }
  return findings;
}

void ImageInspector::look(const cv::Mat& pixels, const InspectionRequest& request, ImageFindings& findings) {
  const auto wants = [&request](FindingKind kind) { return (request.wanted & bit(kind)) != 0; };
  const bool missing = (wants(FindingKind::kFace) && !faces_) || (wants(FindingKind::kPlate) && !plates_);
  if (missing && !findings.not_inspected) findings.not_inspected = NotInspected::kDetectorMissing;
  if (wants(FindingKind::kFingerprint)) {
    const PdqResult fingerprint = pdq(pixels);
    findings.pdq = fingerprint.hash;
    findings.pdq_quality = fingerprint.quality;
    findings.pdq_forms.assign(fingerprint.forms.begin(), fingerprint.forms.end());
    findings.looked_for |= bit(FindingKind::kFingerprint);
  }
  if (wants(FindingKind::kLocalFeatures)) {
    findings.local_features = std::make_shared<LocalFeatures>(find_local_features(pixels));
    findings.looked_for |= bit(FindingKind::kLocalFeatures);
  }
  if (wants(FindingKind::kFace) && faces_)
    findings.faces = search(*faces_, FindingKind::kFace, request.faces, pixels, findings);
  if (wants(FindingKind::kPlate) && plates_)
    findings.plates = search(*plates_, FindingKind::kPlate, request.plates, pixels, findings);
}

}  // namespace sallyport
