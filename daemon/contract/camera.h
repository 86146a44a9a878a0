// Which of our own cameras made an image: what the image says of it, and what of that is told.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/sha256.h"

namespace sallyport {

/// PDQ: 256 bits, most significant first (Facebook's "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
/// Algorithm").
using PdqHash = std::array<std::uint8_t, 32>;

/// A fixed part of a picture, in pixels of the upright image at full scale, origin top left.
struct OverlayRegion {
  std::uint32_t left = 0, top = 0, width = 0, height = 0;
  std::uint32_t image_width = 0;  ///< only in images of this size; 0: of any that it lies within
  std::uint32_t image_height = 0;

  friend bool operator==(const OverlayRegion&, const OverlayRegion&) = default;
};

/// A text that a camera wrote. Printable ASCII of at most limits::kCameraTextBytesMax, blanks around it removed.
struct CameraText {
  std::string text;         ///< empty: it wrote none
  bool unreadable = false;  ///< something is there that is no such text
};

/// What one image says of its camera. The serial number stays inside the process: it goes to no event, log or ledger.
struct CameraFacts {
  CameraText make;                           ///< EXIF 2.32 4.6.4, Make
  CameraText model;                          ///< the same, Model
  CameraText serial;                         ///< EXIF 2.32 4.6.5, BodySerialNumber
  std::optional<Sha256Digest> quantisation;  ///< contract/quantisation.h; of a JPEG
  bool quantisation_unreadable = false;
  /// One for each region asked for (Findings::overlays): nothing where the image has no such region, or one without
  /// structure.
  std::vector<std::optional<PdqHash>> overlays;
};

/// By what an image was recognised, in the order of its being asked.
enum class CameraSign : std::uint8_t { kExif, kQuantisation, kOverlay };
inline constexpr std::size_t kCameraSignCount = 3;
/// "exif", "quantisation", "overlay".
std::string_view to_string(CameraSign sign);
std::optional<CameraSign> camera_sign_from(std::string_view word);

/// An image is from a camera that the policy enrols.
struct CameraMatch {
  std::string camera;
  CameraSign sign = CameraSign::kExif;  ///< the strongest key of the sign that fitted
};

/// How images of a camera are known. All keys that are given must fit.
struct EnrolledSign {
  std::optional<std::string> make;
  std::optional<std::string> model;
  std::optional<std::string> serial;
  std::optional<std::uint32_t> width;  ///< pixels of the image as it is shown
  std::optional<std::uint32_t> height;
  std::string quantisation;  ///< first digits of the digest, lower-case hexadecimal; empty: any
  struct Overlay {
    OverlayRegion region;
    PdqHash pdq{};
    int distance_max = 31;  ///< PDQ bits that may differ
  };
  std::optional<Overlay> overlay;

  /// What it is told as.
  CameraSign kind() const {
    if (make || model || serial) return CameraSign::kExif;
    return overlay ? CameraSign::kOverlay : CameraSign::kQuantisation;
  }
};

/// A camera of ours, as the policy has it.
struct EnrolledCamera {
  std::string name;
  std::vector<EnrolledSign> signs;  ///< one of them must fit
};

}  // namespace sallyport
