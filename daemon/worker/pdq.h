// The PDQ fingerprint of a picture: survives re-encoding, scaling and mild editing; near copies differ in few bits.
#pragma once

#include <array>
#include <opencv2/core.hpp>

#include "daemon/contract/finding.h"

namespace sallyport {

/// Longer side, in pixels, of what is hashed; larger pictures are shrunk to it first. From 128 px on the hash is as
/// stable as from full size, and the published implementation shrinks to 512 as well, so registered hashes compare.
inline constexpr int kPdqSide = 512;

struct PdqResult {
  PdqHash hash{};
  /// Of what the picture may have been made of: forms[k] is its hash if form k + 1 of PictureForm was made of that.
  std::array<PdqHash, kPictureForms - 1> forms{};
  int quality = 0;  ///< 0..100, by the gradients of the 64x64 luminance; a flat picture has none to tell it by
};

/// `picture` is 8-bit BGR and not empty. Any thread. Source: Facebook, "The TMK+PDQF Video-Hashing Algorithm and the
/// PDQ Image-Hashing Algorithm" (2019), sections PDQ: luminance, two passes of a box filter each way (Jarosz), 64x64
/// samples, the 16x16 lowest non-constant frequencies of a cosine transform, one bit each for being above the median.
PdqResult pdq(const cv::Mat& picture);

}  // namespace sallyport
