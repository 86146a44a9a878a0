// The same image is often sent again: to another receiver, or by a client that retries.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>

#include "daemon/base/sha256.h"
#include "daemon/contract/finding.h"

namespace sallyport {

/// Findings by digest, least recently used out first. One thread, or the caller's lock.
class ResultCache {
 public:
  explicit ResultCache(std::size_t entries_max) : entries_max_(entries_max) {}

  /// Findings that answer all of `wanted`, if there are any.
  std::optional<Findings> find(const Sha256Digest& digest, FindingSet wanted);
  /// Keeps only whole answers: what was not inspected may be inspected next time.
  void store(const Sha256Digest& digest, const Findings& findings);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Sha256Digest digest;
    Findings findings;
  };
  std::size_t entries_max_;
  std::list<Entry> entries_;  // most recently used first
  std::map<Sha256Digest, std::list<Entry>::iterator> by_digest_;
};

}  // namespace sallyport
