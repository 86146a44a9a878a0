// What the classifier saw in an object: an image, or a container with images in it. Counts, scores and boxes: never
// pixels, plate text or face features.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/sha256.h"
#include "daemon/contract/camera.h"
#include "daemon/contract/content_type.h"
#include "daemon/contract/local_features.h"
#include "daemon/contract/not_inspected.h"
#include "daemon/contract/transfer.h"

namespace sallyport {

enum class FindingKind : std::uint8_t {
  kFace,
  kPlate,
  kFingerprint,
  kCamera,
  kLocalFeatures = 16,  ///< beside kFingerprint, where a registered set recognises parts of its pictures
};
/// What to look for: a set of bits, so that the classifier looks for no more.
using FindingSet = std::uint32_t;
constexpr FindingSet bit(FindingKind kind) {
  return 1U << static_cast<unsigned>(kind);
}
inline constexpr FindingSet kAllFindings =
    bit(FindingKind::kFace) | bit(FindingKind::kPlate) | bit(FindingKind::kFingerprint) | bit(FindingKind::kCamera);

/// Pixels of the image as decoded at full scale, origin top left.
struct Box {
  int x = 0, y = 0, width = 0, height = 0;
};

struct Detection {
  Box box;
  float score = 0;  ///< 0..1 by the detector's own scale
};

/// How many detections answer a question. What is found beyond them changes nothing, so nobody needs to look for it.
struct Enough {
  std::uint64_t count = 0;  ///< 0: all that there are
  float score = 0;          ///< of each of them at least

  friend bool operator==(const Enough&, const Enough&) = default;
};

inline bool is_enough(const Enough& enough, const std::vector<Detection>& found) {
  const auto counts = [&enough](const Detection& detection) { return detection.score >= enough.score; };
  return enough.count > 0 &&
         static_cast<std::uint64_t>(std::count_if(found.begin(), found.end(), counts)) >= enough.count;
}

/// What was done to a registered picture as a whole.
enum class PictureForm : std::uint8_t {
  kUpright,
  kMirrored,  ///< left and right exchanged
  kFlipped,   ///< top and bottom exchanged
  kTurned180,
  kTransposed,  ///< rows became columns
  kTurnedLeft,  ///< a quarter turn
  kTurnedRight,
  kTransversed,  ///< mirrored at the other diagonal
};
inline constexpr std::size_t kPictureForms = 8;

struct FingerprintMatch {
  std::string set;                           ///< name of the registered set
  std::string item;                          ///< name of the registered image in its set
  bool exact = false;                        ///< equal SHA-256
  int distance = 0;                          ///< PDQ bits that differ, 0..256; 0 when exact or found by its parts
  PictureForm form = PictureForm::kUpright;  ///< of the whole picture
  int inliers = 0;          ///< features that lie as in the registered picture; 0 unless found by its parts
  int covered_percent = 0;  ///< share of the registered picture that is shown; 0 unless found by its parts

  bool by_parts() const { return inliers > 0; }
};

/// About one image, or one object. What was not asked for is empty and not in `looked_for`.
struct ImageFindings {
  FindingSet looked_for =
      0;  ///< what was really looked for, to the end; what was found of other kinds is not all there is
  ContentType format = ContentType::kUnknown;
  int width = 0;  ///< pixels; 0 when unknown
  int height = 0;
  std::vector<Detection> faces;
  std::vector<Detection> plates;
  std::vector<FingerprintMatch> matches;
  std::vector<CameraMatch> cameras;   ///< that the policy enrols and the image is from
  bool camera_unreadable = false;     ///< it may be from another one too: what would tell could not be read
  std::optional<CameraFacts> camera;  ///< from the worker, until `cameras` was made of it
  std::optional<PdqHash> pdq;
  int pdq_quality = 0;             ///< 0..100; below 50 the hash says little
  std::vector<PdqHash> pdq_forms;  ///< of the picture in the seven other forms, or empty: not known
  std::shared_ptr<const LocalFeatures> local_features;  ///< null when not asked for, or once they were compared
  std::optional<NotInspected> not_inspected;  ///< set when the image, or a part of the question, was not looked at
};

/// One image inside an object, or something inside it that could be one and was not looked at.
struct Part : ImageFindings {
  /// Where it lay, outermost first: "zip:photos/a.jpg", "gzip/tar:a.zip/zip:b.jpg", "pdf:12". Valid UTF-8 without
  /// controls, at most limits::kPartPathBytesMax; for people, never a path to open.
  std::string path;
  std::uint64_t size = 0;  ///< bytes, as unpacked; 0 when unknown
  std::optional<Sha256Digest>
      sha256;  ///< of the unpacked bytes, of a raw bitmap its samples; nothing when they were not had
};

struct Findings : ImageFindings {
  std::string face_detector;  ///< name and version of what looked, such as "yunet_n_640_640@25a606a1" or "haar_alt2"
  std::string plate_detector;
  std::vector<OverlayRegion> overlays;  ///< that CameraFacts::overlays are of
  std::uint64_t camera_set = 0;         ///< which cameras were enrolled when ImageFindings::cameras were found; 0: none
  std::vector<Part> parts;              ///< in the order in which they lie there, at most limits::kPartsMax
  std::uint64_t parts_untold = 0;       ///< images found beyond that; `not_inspected` then says container_limit
  EvasionSet evasions = 0;              ///< signs that show only when an object is unpacked
};

/// Kinds of which there may be more than was found: the question was answered before all had been looked at.
inline FindingSet found_in_part(const ImageFindings& image) {
  const FindingSet found =
      (image.faces.empty() ? 0 : bit(FindingKind::kFace)) | (image.plates.empty() ? 0 : bit(FindingKind::kPlate));
  return found & ~image.looked_for;
}

/// Local features are compared once and kept nowhere: they would fill caches and say nothing to people.
inline void drop_local_features(Findings& findings) {
  const auto drop = [](ImageFindings& image) {
    image.local_features = nullptr;
    image.looked_for &= ~bit(FindingKind::kLocalFeatures);
  };
  drop(findings);
  for (Part& part : findings.parts) drop(part);
}

/// Takes out the images that are told of as transfers of their own (Transfer::told_inside).
inline void drop_told(Findings& findings, const std::vector<Sha256Digest>& told) {
  if (told.empty()) return;
  std::erase_if(findings.parts, [&told](const Part& part) {
    return part.sha256 && std::find(told.begin(), told.end(), *part.sha256) != told.end();
  });
}

/// Calls `visit` with what was found in the object itself and then in each image inside it.
template <class Visit>
void for_each_image(const Findings& findings, const Visit& visit) {
  visit(static_cast<const ImageFindings&>(findings));
  for (const Part& part : findings.parts) visit(static_cast<const ImageFindings&>(part));
}

}  // namespace sallyport
