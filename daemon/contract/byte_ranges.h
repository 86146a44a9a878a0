// A set of byte positions as disjoint ranges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace sallyport {

struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  ///< one past the last byte

  std::uint64_t size() const { return end - begin; }
  bool operator==(const ByteRange&) const = default;
};

/// Not thread-safe. Memory grows with the number of disjoint ranges: callers bound that by count().
class ByteRangeSet {
 public:
  /// Adds a range; gives the number of bytes that were new.
  std::uint64_t add(ByteRange range);
  /// Removes a range; gives the number of bytes that were there.
  std::uint64_t remove(ByteRange range);
  /// Removes everything at and after `position`.
  void truncate(std::uint64_t position);
  bool covers(ByteRange range) const;
  /// What of `range` is not in the set, in order; at most `limit` ranges, the last one then reaching to the end.
  std::vector<ByteRange> missing(ByteRange range, std::size_t limit) const;
  /// The end of the run that starts at zero; zero if there is none.
  std::uint64_t contiguous_end() const;
  std::uint64_t total() const { return total_; }
  std::size_t count() const { return ranges_.size(); }

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;  // begin -> end, disjoint and not touching
  std::uint64_t total_ = 0;
};

}  // namespace sallyport
