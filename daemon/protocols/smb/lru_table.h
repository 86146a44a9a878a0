// A map with a bound: what was not used for longest gives way.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <memory_resource>
#include <string>
#include <string_view>
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
    const auto place = order_.insert(order_.end(), Entry{std::pmr::string(key, &pool_), std::move(value), bytes});
    entries_.emplace(place->key, place);
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
    const auto place = found->second;
    entries_.erase(found);
    order_.erase(place);
  }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::pmr::string key;
    Value value;
    std::size_t bytes;
  };
  /// Nodes of list and map.
  static constexpr std::size_t kOverheadBytes = 160;

  const std::size_t entries_max_, bytes_max_;
  std::size_t bytes_ = 0;
  // Side by side: entries outlive the parsers that make them, and would hold the heap open between them.
  std::pmr::unsynchronized_pool_resource pool_;
  std::pmr::list<Entry> order_{&pool_};  // longest unused first
  std::pmr::unordered_map<std::string_view, typename std::pmr::list<Entry>::iterator> entries_{
      &pool_};  // by Entry::key
};

}  // namespace sallyport::smb
