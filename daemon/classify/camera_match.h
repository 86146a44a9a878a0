// The cameras that a policy enrols, and which of them an image is from, by what the worker read in it.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/contract/camera.h"
#include "daemon/contract/finding.h"

namespace sallyport {

/// The cameras of one policy. Immutable; shared with the policy snapshot; any thread.
class CameraSet {
 public:
  CameraSet() = default;
  explicit CameraSet(std::vector<EnrolledCamera> cameras);

  /// A number for these very cameras; 0: there are none.
  std::uint64_t id() const { return id_; }
  /// The regions to ask a worker for, each once.
  const std::vector<OverlayRegion>& overlays() const { return overlays_; }
  /// Of the object and each image inside it: fills in ImageFindings::cameras, one match a camera by the first sign that
  /// fits, and camera_unreadable where one might fit that could not be compared, and takes the facts out.
  void match_all(Findings& findings) const;
  /// Of findings from a record: where other cameras were enrolled then, nobody has looked for these.
  void forget_others(Findings& findings) const;

 private:
  void match(const std::vector<OverlayRegion>& asked, ImageFindings& image) const;

  std::vector<EnrolledCamera> cameras_;
  std::vector<OverlayRegion> overlays_;
  std::uint64_t id_ = 0;
};

}  // namespace sallyport
