// How long something took, counted in buckets by the thread that measures it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "daemon/base/counter.h"
#include "daemon/base/time.h"

namespace sallyport {

/// Upper bounds of the buckets, inclusive; one more bucket is above them. From a cache hit to past any deadline.
inline constexpr std::array<std::chrono::microseconds, 14> kDurationBuckets{
    std::chrono::microseconds(100),     std::chrono::microseconds(250),     std::chrono::microseconds(500),
    std::chrono::microseconds(1000),    std::chrono::microseconds(2500),    std::chrono::microseconds(5000),
    std::chrono::microseconds(10000),   std::chrono::microseconds(25000),   std::chrono::microseconds(50000),
    std::chrono::microseconds(100000),  std::chrono::microseconds(250000),  std::chrono::microseconds(1000000),
    std::chrono::microseconds(2500000), std::chrono::microseconds(10000000)};

/// One thread observes, any thread reads. Shards have one each; metrics sums them at scrape.
class DurationHistogram {
 public:
  void observe(Duration duration) {
    std::size_t bucket = 0;
    while (bucket < kDurationBuckets.size() && duration > kDurationBuckets[bucket]) ++bucket;
    counts_[bucket].add();
    if (duration > Duration::zero()) nanoseconds_.add(static_cast<std::uint64_t>(duration.count()));
  }

  /// Of one bucket, not cumulative; `bucket` up to kDurationBuckets.size().
  std::uint64_t count(std::size_t bucket) const { return counts_[bucket].value(); }
  std::uint64_t total_nanoseconds() const { return nanoseconds_.value(); }

 private:
  std::array<Counter, kDurationBuckets.size() + 1> counts_;
  Counter nanoseconds_;
};

}  // namespace sallyport
