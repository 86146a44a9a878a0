// A registered set of protected images: SHA-256 and PDQ of each, and a name. No pixels.
//
// File format (.spf), all integers little-endian:
//   8 bytes "SPFINGR1" · u32 count · u32 zero · u64 size of the names in bytes · 32 bytes SHA-256 of all that follows
//   count records of 72 bytes, ascending by SHA-256:
//     32 bytes SHA-256 · 32 bytes PDQ · u32 offset of the name · u16 size of the name · u8 PDQ quality · u8 flags (bit
//     0: has PDQ)
//   the names, UTF-8, without separators
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/base/sha256.h"
#include "daemon/contract/finding.h"
#include "daemon/contract/pdq.h"

namespace sallyport {

struct Fingerprint {
  Sha256Digest sha256{};
  std::optional<PdqHash> pdq;
  int pdq_quality = 0;
  std::string name;
};

/// Immutable; any thread.
class FingerprintIndex {
 public:
  /// A set of these; of several with one SHA-256 the last one stays.
  static FingerprintIndex of(std::vector<Fingerprint> fingerprints);
  /// Fails on a file that is missing, cut short, of another format or with a wrong digest; nothing is half loaded.
  static Result<FingerprintIndex> load(const std::string& path);
  /// Written beside `path` and renamed over it: a reader sees the old set or the new one, never a part.
  Status save(const std::string& path) const;

  const std::vector<Fingerprint>& all() const { return fingerprints_; }
  /// The registered image with this very SHA-256, or null.
  const Fingerprint* find(const Sha256Digest& sha256) const;
  /// The nearest registered image within `distance_max` bits, or null. Hashes of quality below kPdqQualityMin match
  /// nothing.
  const Fingerprint* nearest(const PdqHash& pdq, int pdq_quality, int distance_max, int& distance) const;

 private:
  std::vector<Fingerprint> fingerprints_;  // ascending by sha256
};

/// The sets one policy speaks of. Immutable; shared with the policy snapshot.
class FingerprintSets {
 public:
  struct Set {
    FingerprintIndex index;
    int distance_max = 31;
  };

  void add(std::string name, FingerprintIndex index, int distance_max);
  bool empty() const { return sets_.empty(); }
  /// One match per set that has one: the exact one, else the nearest.
  std::vector<FingerprintMatch> match(const Sha256Digest& sha256, const ImageFindings& findings) const;
  /// Fills in the matches of the object, whose digest is given, and of each image inside it.
  void match_all(const Sha256Digest& sha256, Findings& findings) const;
  /// Exact matches only: needs no worker.
  std::vector<FingerprintMatch> match_exact(const Sha256Digest& sha256) const;

 private:
  std::map<std::string, Set> sets_;
};

}  // namespace sallyport
