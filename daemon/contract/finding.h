// What the classifier saw in an image. Counts, scores and boxes: never pixels, plate text or face features.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/contract/content_type.h"
#include "daemon/contract/not_inspected.h"

namespace sallyport {

enum class FindingKind : std::uint8_t { kFace, kPlate, kFingerprint };
/// What to look for: a set of bits, so that the classifier looks for no more.
using FindingSet = std::uint32_t;
constexpr FindingSet bit(FindingKind kind) {
  return 1U << static_cast<unsigned>(kind);
}

/// Pixels of the image as decoded at full scale, origin top left.
struct Box {
  int x = 0, y = 0, width = 0, height = 0;
};

struct Detection {
  Box box;
  float score = 0;  ///< 0..1 by the detector's own scale
};

/// PDQ: 256 bits, most significant first (Facebook's "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing
/// Algorithm").
using PdqHash = std::array<std::uint8_t, 32>;

struct FingerprintMatch {
  std::string set;     ///< name of the registered set
  std::string item;    ///< name of the registered image in its set
  bool exact = false;  ///< equal SHA-256
  int distance = 0;    ///< PDQ bits that differ, 0..256; 0 when exact
};

/// About one object. What was not asked for is empty and not in `looked_for`.
struct Findings {
  FindingSet looked_for = 0;  ///< what was really looked for, to the end
  ContentType format = ContentType::kUnknown;
  int width = 0;  ///< pixels; 0 when unknown
  int height = 0;
  std::vector<Detection> faces;
  std::vector<Detection> plates;
  std::vector<FingerprintMatch> matches;
  std::optional<PdqHash> pdq;
  int pdq_quality = 0;        ///< 0..100; below 50 the hash says little
  std::string face_detector;  ///< name and version of what looked, such as "yunet_n_640_640@25a606a1" or "haar_alt2"
  std::string plate_detector;
  std::optional<NotInspected> not_inspected;  ///< set when the image, or a part of the question, was not looked at
};

}  // namespace sallyport
