// What is kept of some objects by their digest: no more than so many, the longest unused out first.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <utility>

#include "daemon/base/sha256.h"

namespace sallyport {

/// Images inside of an object whose findings are remembered with it: they bound the memory of an entry.
inline constexpr std::size_t kPartsRemembered = 64;

/// One thread, or the caller's lock. Pointers and references are good until the next put() or erase().
template <class Value>
class RecentByDigest {
 public:
  /// Zero keeps nothing.
  explicit RecentByDigest(std::size_t entries_max) : entries_max_(entries_max) {}

  /// Used now; null: not kept.
  Value* find(const Sha256Digest& digest) {
    const auto found = by_digest_.find(digest);
    if (found == by_digest_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &entries_.front().second;
  }
  void put(const Sha256Digest& digest, Value value) {
    if (entries_max_ == 0) return;
    if (Value* const kept = find(digest)) {
      *kept = std::move(value);
      return;
    }
    if (entries_.size() >= entries_max_) erase(Sha256Digest(entries_.back().first));
    entries_.emplace_front(digest, std::move(value));
    by_digest_.emplace(digest, entries_.begin());
  }
  void erase(const Sha256Digest& digest) {
    const auto found = by_digest_.find(digest);
    if (found == by_digest_.end()) return;
    entries_.erase(found->second);
    by_digest_.erase(found);
  }
  std::size_t size() const { return entries_.size(); }

 private:
  using Entries = std::list<std::pair<Sha256Digest, Value>>;

  std::size_t entries_max_;
  Entries entries_;  // most recently used first
  std::map<Sha256Digest, typename Entries::iterator> by_digest_;
};

}  // namespace sallyport
