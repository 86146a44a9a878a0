// Which corners of one picture are corners of another one, and how the one lies in the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "daemon/classify/picture_layout.h"
#include "daemon/contract/local_features.h"

namespace sallyport {

/// The corners of a picture that is compared with many. Immutable; any thread. Borrows the features.
class QueryCorners {
 public:
  explicit QueryCorners(const LocalFeatures& features);

  const LocalFeatures& features() const { return features_; }
  /// The corner with the nearest descriptor among those that stand about as upright, or null when all are too far.
  const LocalFeature* nearest(const LocalFeature& registered) const;

 private:
  const LocalFeatures& features_;
  std::vector<LocalFeature> by_angle_;
  std::vector<std::size_t> first_of_angle_;  // 257 entries
};

struct Alignment {
  Similarity to_query;          ///< from the registered picture
  std::size_t inliers = 0;      ///< corners of the query that lie where the registered ones lead
  std::vector<bool> is_inlier;  ///< of each registered corner
};

/// The best one there is; with fewer than three inliers it says nothing. Deterministic. Any thread.
Alignment align(std::span<const LocalFeature> registered, const QueryCorners& query);

}  // namespace sallyport
