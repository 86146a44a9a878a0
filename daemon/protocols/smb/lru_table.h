// A map with a bound: what was not used for longest gives way.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace sallyport::smb {

/// Not thread-safe. Holds at most `entries_max` entries of at most `bytes_max` bytes together, as the caller counts
/// them.
template <class Value>
class LruTable {
 public:
  LruTable(std::size_t entries_max, std::size_t bytes_max) : entries_max_(entries_max), bytes_max_(bytes_max) {}

  /// Null where there is none. Valid until the next set() or erase().
  Value* find(const std::string& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    order_.splice(order_.end(), order_, found->second);
    return &found->second->value;
  }
  /// Gives the number of entries that had to go for it.
  std::size_t set(const std::string& key, Value value, std::size_t bytes) {
    erase(key);
    bytes += key.size() + kOverheadBytes;
    const auto place = order_.insert(order_.end(), Entry{key, std::move(value), bytes});
    entries_.emplace(key, place);
    bytes_ += bytes;
    std::size_t evicted = 0;
    for (; entries_.size() > entries_max_ || (bytes_ > bytes_max_ && entries_.size() > 1); ++evicted) {
      erase(std::string(order_.front().key));
    }
    return evicted;
  }
  void erase(const std::string& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return;
    bytes_ -= found->second->bytes;
    order_.erase(found->second);
    entries_.erase(found);
  }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    Value value;
    std::size_t bytes;
  };
  /// Nodes of list and map, the second copy of a short key.
  static constexpr std::size_t kOverheadBytes = 160;

  const std::size_t entries_max_, bytes_max_;
  std::size_t bytes_ = 0;
  std::list<Entry> order_;  // longest unused first
  std::unordered_map<std::string, typename std::list<Entry>::iterator> entries_;
};

}  // namespace sallyport::smb
