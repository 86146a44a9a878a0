// Whether one picture shows a registered one or a part of it, and not another vehicle before the same camera.
#pragma once

#include <optional>
#include <span>

#include "daemon/classify/feature_geometry.h"
#include "daemon/classify/picture_layout.h"

namespace sallyport {

/// What of a registered picture is kept to recognise its parts. Borrowed.
struct RegisteredParts {
  std::span<const LocalFeature> points;
  const PictureLayout* layout = nullptr;
  Extent extent;
};

struct ShownPart {
  int inliers = 0;
  int covered_percent = 0;  ///< share of the registered picture that is shown
};

/// Nothing when the corners do not lie as in the registered picture, lie all in one spot, when the layouts do not
/// agree, or when something of the size of a vehicle inside is another one there: background at its place proves the
/// camera, not the picture. Any thread.
std::optional<ShownPart> find_part(const RegisteredParts& registered, const QueryCorners& query);

/// Whether it is of the same camera, with another vehicle before it: what the background makes alike as a whole is no
/// copy. Any thread.
bool shows_other_vehicle(const RegisteredParts& registered, const QueryCorners& query);

}  // namespace sallyport
