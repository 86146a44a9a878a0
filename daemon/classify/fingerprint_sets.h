// The registered sets that one policy speaks of, and what of them a picture is a copy of.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/classify/fingerprint_index.h"
#include "daemon/contract/finding.h"

namespace sallyport {

/// Which copies of its pictures a set recognises.
struct CopyTolerance {
  int distance_max = 31;  ///< PDQ bits that may differ, of the whole picture in any of its eight forms
  bool parts = false;     ///< parts of pictures too: crops, frames, screenshots
};

/// Immutable; shared with the policy snapshot. Any thread.
class FingerprintSets {
 public:
  void add(std::string name, FingerprintIndex index, const CopyTolerance& tolerance);
  bool empty() const { return sets_.empty(); }
  /// What to ask of the classifier beside a kFingerprint.
  FindingSet features_wanted() const;
  /// One match per set that has one: the exact one, else the nearest whole one, else a part.
  std::vector<FingerprintMatch> match(const Sha256Digest& sha256, const ImageFindings& findings) const;
  /// Fills in the matches of the object, whose digest is given, and of each image inside it, and drops the local
  /// features. Of findings that come without them, such as recorded ones, matches by parts stay.
  void match_all(const Sha256Digest& sha256, Findings& findings) const;
  /// Exact matches only: needs no worker.
  std::vector<FingerprintMatch> match_exact(const Sha256Digest& sha256) const;

 private:
  struct Set {
    FingerprintIndex index;
    CopyTolerance tolerance;

    /// The nearest by PDQ; not where parts tell that another vehicle is before the same camera.
    std::optional<FingerprintIndex::Near> near_whole(const ImageFindings& findings,
                                                     const std::optional<QueryCorners>& corners) const;
  };
  std::map<std::string, Set> sets_;
};

}  // namespace sallyport
