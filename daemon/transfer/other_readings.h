// The other content that ranges of one object have, and the objects that receivers may make of both.
#pragma once

#include <cstdint>
#include <vector>

#include "daemon/base/bytes.h"

namespace sallyport {

/// Not thread-safe. Bounded by limits::kOtherReadingBytesMax and kOtherReadingRangesMax.
class OtherReadings {
 public:
  struct Range {
    std::uint64_t offset = 0;
    ByteBuffer bytes;
    bool fresh = true;  ///< not in an object given so far
  };
  /// Which ranges have their other content, in rising order of offset.
  using Choice = std::vector<const Range*>;

  /// False where there is no room, or where the place has another reading already: then there are three.
  [[nodiscard]] bool add(std::uint64_t offset, Bytes other);
  bool empty() const { return ranges_.empty(); }
  bool has_fresh() const;
  /// Every mixture that has not been given yet, while there are at most limits::kMixedReadingRangesMax ranges; above,
  /// all other contents at once. Valid until the next add(); what is in it is fresh no more.
  std::vector<Choice> take_choices();
  /// There are mixtures that take_choices() does not give.
  bool leaves_mixtures() const;
  std::uint64_t footprint() const;

 private:
  bool meets_another(std::uint64_t offset, Bytes other) const;
  Range* touching(std::uint64_t offset);

  std::vector<Range> ranges_;  // in rising order, disjoint
  std::uint64_t bytes_ = 0;
};

}  // namespace sallyport
