// The last bytes that one direction delivered, to compare retransmissions with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "daemon/base/bytes.h"

namespace sallyport {

/// A ring of bytes without holes that ends at end(). It begins small and doubles up to a maximum. A copy into it costs
/// less than a digest of the same bytes would, and compares at any offset. One thread.
class RecentBytes {
 public:
  /// Adds what follows end(); at another offset the ring begins anew. Keeps at most `capacity_max` bytes (a power of
  /// two).
  void append(std::uint64_t offset, Bytes bytes, std::size_t capacity_max);
  void clear();

  std::uint64_t begin() const { return end_ - size_; }
  std::uint64_t end() const { return end_; }
  std::size_t capacity() const { return capacity_; }
  /// Whether `bytes` are what was added at `offset`. The range must lie within begin() and end().
  bool equals(std::uint64_t offset, Bytes bytes) const;

 private:
  void grow(std::size_t capacity);
  void copy_in(std::uint64_t offset, Bytes bytes);

  std::unique_ptr<std::byte[]> ring_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace sallyport
