#include "daemon/contract/byte_ranges.h"

#include <algorithm>
#include <iterator>

namespace sallyport {

std::uint64_t ByteRangeSet::add(ByteRange range) {
  if (range.begin >= range.end) return 0;
  auto next = ranges_.upper_bound(range.begin);
  const bool grows = next != ranges_.begin() && std::prev(next)->second >= range.begin;
  // Growing a range in place is what bytes in order do: no node is freed or made.
  const auto home = grows ? std::prev(next) : ranges_.emplace_hint(next, range.begin, range.begin);
  std::uint64_t added = 0;
  std::uint64_t position = std::max(range.begin, home->second);
  while (next != ranges_.end() && next->first <= range.end) {
    added += next->first - position;
    position = next->second;
    next = ranges_.erase(next);
  }
  if (position < range.end) added += range.end - position;
  home->second = std::max(position, range.end);
  total_ += added;
  return added;
}

std::uint64_t ByteRangeSet::remove(ByteRange range) {
  if (range.begin >= range.end) return 0;
  std::uint64_t removed = 0;
  auto next = ranges_.upper_bound(range.begin);
  if (next != ranges_.begin() && std::prev(next)->second > range.begin) --next;
  while (next != ranges_.end() && next->first < range.end) {
    const ByteRange old{next->first, next->second};
    next = ranges_.erase(next);
    removed += std::min(old.end, range.end) - std::max(old.begin, range.begin);
    if (old.begin < range.begin) ranges_.emplace_hint(next, old.begin, range.begin);
    if (old.end > range.end) ranges_.emplace_hint(next, range.end, old.end);
  }
  total_ -= removed;
  return removed;
}

void ByteRangeSet::truncate(std::uint64_t position) {
  auto next = ranges_.lower_bound(position);
  while (next != ranges_.end()) {
    total_ -= next->second - next->first;
    next = ranges_.erase(next);
  }
  if (ranges_.empty()) return;
  auto last = std::prev(ranges_.end());
  if (last->second <= position) return;
  total_ -= last->second - position;
  last->second = position;
}

bool ByteRangeSet::covers(ByteRange range) const {
  if (range.begin >= range.end) return true;
  auto next = ranges_.upper_bound(range.begin);
  return next != ranges_.begin() && std::prev(next)->second >= range.end;
}

std::vector<ByteRange> ByteRangeSet::missing(ByteRange range, std::size_t limit) const {
  std::vector<ByteRange> holes;
  std::uint64_t position = range.begin;
  auto next = ranges_.upper_bound(position);
  if (next != ranges_.begin()) position = std::max(position, std::prev(next)->second);
  for (; position < range.end; ++next) {
    const bool last = holes.size() + 1 == limit || next == ranges_.end() || next->first >= range.end;
    holes.push_back({position, last ? range.end : next->first});
    if (last) break;
    position = next->second;
  }
  return holes;
}

std::uint64_t ByteRangeSet::contiguous_end() const {
  return ranges_.empty() || ranges_.begin()->first != 0 ? 0 : ranges_.begin()->second;
}

}  // namespace sallyport
