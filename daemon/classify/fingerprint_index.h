// A registered set of protected images: SHA-256 and PDQ of each, its corners where parts of it shall be recognised, and
// a name. No pixels.
//
// File format (.spf): seven sections of section_file.h, magic "SPFINGR3", all integers little-endian:
//   1 a record of 56 bytes for each image, ascending by SHA-256:
//     32 bytes SHA-256 · u32 offset of the name · u16 size of the name · u8 PDQ quality · u8 flags (bit 0: has PDQ, bit
//     1: has corners) · u32 first corner · u16 corners · u8 width · u8 height (proportions) · u32 layout · u32 zero
//   2 32 bytes PDQ for each image, in that order
//   3 the names, UTF-8, without separators
//   4 corners of 38 bytes: LocalFeature (contract/local_features.h)
//   5 layouts of 576 bytes: PictureLayout (picture_layout.h)
//   6 u32 starts and 7 u64 postings of FeatureWords (feature_words.h)
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/sha256.h"
#include "daemon/classify/feature_words.h"
#include "daemon/classify/section_file.h"
#include "daemon/classify/shown_part.h"
#include "daemon/contract/finding.h"
#include "daemon/contract/pdq.h"

namespace sallyport {

/// Corners kept of one registered image: they cost a set 38 bytes each.
inline constexpr std::size_t kRegisteredPointsMax = 300;

/// What is kept of a picture so that parts of it are recognised.
struct KeptParts {
  std::shared_ptr<const void> holder;  ///< of the points
  std::span<const LocalFeature> points;
  PictureLayout layout{};
  std::uint8_t width = 0, height = 0;  ///< proportions
};

/// The corners that lie spread over the picture and its sizes.
KeptParts parts_to_keep(const LocalFeatures& features);

struct Fingerprint {
  Sha256Digest sha256{};
  std::optional<PdqHash> pdq;
  int pdq_quality = 0;
  std::string name;
  std::optional<KeptParts> parts;
};

/// Immutable, cheap to copy; any thread.
class FingerprintIndex {
 public:
  /// A set of these; of several with one SHA-256 the last one stays.
  static FingerprintIndex of(std::vector<Fingerprint> fingerprints);
  /// Fails on a file that is missing, cut short, of another format or with a wrong digest; nothing is half loaded. The
  /// file is mapped: see SectionFile for who may change it.
  static Result<FingerprintIndex> load(const std::string& path);
  /// Written beside `path` and renamed over it: a reader sees the old set or the new one, never a part.
  Status save(const std::string& path) const;

  std::size_t size() const { return hashes_.size(); }
  Fingerprint at(std::size_t image) const;
  std::string_view name(std::size_t image) const;
  bool has_parts(std::size_t image) const;
  /// Bytes of its file.
  std::size_t file_bytes() const { return file_.size(); }

  /// The registered image with this very SHA-256.
  std::optional<std::size_t> find(const Sha256Digest& sha256) const;

  struct Near {
    std::size_t image = 0;
    int distance = 0;
    PictureForm form = PictureForm::kUpright;
  };
  /// The nearest registered image within `distance_max` bits of a picture with this hash, or with those of its other
  /// forms where there are any. Hashes of quality below kPdqQualityMin match nothing.
  std::optional<Near> nearest(const ImageFindings& findings, int distance_max) const;

  struct PartOf {
    std::size_t image = 0;
    ShownPart shown;
  };
  /// The registered image that this picture shows, or the most of.
  std::optional<PartOf> find_part(const QueryCorners& query) const;
  /// Whether it is of the camera of this image, with another vehicle before it.
  bool shows_other_vehicle(std::size_t image, const QueryCorners& query) const;

 private:
  static Result<FingerprintIndex> read(SectionFile file, const std::string& path);

  SectionFile file_;
  Bytes records_, names_, layouts_;
  std::span<const PdqHash> hashes_;
  std::span<const LocalFeature> points_;
  FeatureWords words_;
  std::shared_ptr<const std::vector<std::uint8_t>> comparable_;  // of each image: 1 where its PDQ says something
};

}  // namespace sallyport
