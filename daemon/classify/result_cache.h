// The same image is often sent again: to another receiver, or by a client that retries.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/base/limits.h"
#include "daemon/base/sha256.h"
#include "daemon/classify/classifier.h"
#include "daemon/classify/recent_by_digest.h"
#include "daemon/contract/finding.h"

namespace sallyport {

/// Findings by digest, least recently used out first. One thread, or the caller's lock.
class ResultCache {
 public:
  explicit ResultCache(std::size_t entries_max)
      : entries_(entries_max), features_(std::min(entries_max, limits::kFeaturesRemembered)) {}

  /// Findings that answer all that the request asks of its object, if there are any.
  std::optional<Findings> find(const ClassifyRequest& request);
  /// Keeps only whole answers: what was not inspected may be inspected next time.
  void store(const Sha256Digest& digest, const Findings& findings);
  std::size_t size() const { return entries_.size(); }

 private:
  RecentByDigest<Findings> entries_;  // without local features, which are a hundred times as large
  RecentByDigest<std::shared_ptr<const LocalFeatures>> features_;  // of objects that are one image
};

}  // namespace sallyport
