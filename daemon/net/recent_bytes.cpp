#include "daemon/net/recent_bytes.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "daemon/base/check.h"

namespace sallyport {
namespace {

constexpr std::size_t kFirstCapacity = 256;  // the requests and replies of many connections are no longer

}  // namespace

void RecentBytes::append(std::uint64_t offset, Bytes bytes, std::size_t capacity_max) {
  if (capacity_max == 0) return;
  const std::uint64_t end = offset + bytes.size();
  if (offset != end_ || bytes.size() >= capacity_max) size_ = 0;
  bytes = bytes.last(std::min(bytes.size(), capacity_max));
  const std::size_t wanted = std::min(capacity_max, size_ + bytes.size());
  if (wanted > capacity_) grow(std::min(capacity_max, std::max(kFirstCapacity, std::bit_ceil(wanted))));
  copy_in(end - bytes.size(), bytes);
  end_ = end;
  size_ = std::min(capacity_, size_ + bytes.size());
}

void RecentBytes::clear() {
  *this = RecentBytes();
}

bool RecentBytes::equals(std::uint64_t offset, Bytes bytes) const {
  SALLYPORT_CHECK(offset >= begin() && offset <= end_ && end_ - offset >= bytes.size());
  if (bytes.empty()) return true;
  const std::size_t at = offset & (capacity_ - 1);
  const std::size_t first = std::min(bytes.size(), capacity_ - at);
  return std::memcmp(ring_.get() + at, bytes.data(), first) == 0 &&
         std::memcmp(ring_.get(), bytes.data() + first, bytes.size() - first) == 0;
}

// A byte lies at its offset modulo the capacity, so what is there has to move.
void RecentBytes::grow(std::size_t capacity) {
  RecentBytes larger;
  larger.ring_ = std::make_unique_for_overwrite<std::byte[]>(capacity);
  larger.capacity_ = capacity;
  larger.size_ = size_;
  larger.end_ = end_;
  if (size_ > 0) {
    const std::size_t at = begin() & (capacity_ - 1);
    const std::size_t first = std::min(size_, capacity_ - at);
    larger.copy_in(begin(), {ring_.get() + at, first});
    larger.copy_in(begin() + first, {ring_.get(), size_ - first});
  }
  *this = std::move(larger);
}

void RecentBytes::copy_in(std::uint64_t offset, Bytes bytes) {
  if (bytes.empty()) return;
  const std::size_t at = offset & (capacity_ - 1);
  const std::size_t first = std::min(bytes.size(), capacity_ - at);
  std::memcpy(ring_.get() + at, bytes.data(), first);
  std::memcpy(ring_.get(), bytes.data() + first, bytes.size() - first);
}

}  // namespace sallyport
