// What an image says of the camera that made it, for the daemon to compare with those that are enrolled.
#pragma once

#include <opencv2/core.hpp>
#include <optional>
#include <vector>

#include "daemon/base/bytes.h"
#include "daemon/contract/camera.h"
#include "daemon/contract/content_type.h"

namespace sallyport {

/// Whether camera facts of such a file can be read at all.
bool has_camera_facts(ContentType format);

/// All but the overlays, from the header: nothing is decoded. Pure; hostile bytes.
CameraFacts read_camera_facts(Bytes image, ContentType format);

/// Whether the region lies in an image of this size.
bool is_in_image(const OverlayRegion& region, cv::Size image);

/// PDQ of each region of `picture`, 8-bit BGR, which stands for an image of size `full` and may be smaller. Nothing for
/// a region that is not in it, or has no structure to tell it by.
std::vector<std::optional<PdqHash>> overlay_hashes(const cv::Mat& picture, cv::Size full,
                                                   const std::vector<OverlayRegion>& regions);

}  // namespace sallyport
